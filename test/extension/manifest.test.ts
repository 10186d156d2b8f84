import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rules } from '../../src/core/rules/index.ts';
import { LANGUAGE_IDENTIFIERS } from '../../src/server/session.ts';

/** As src/extension/panel/panels.ts names it, which only VS Code can load. */
const COMPARE_PANEL = 'lossLens.compare';

const root = path.resolve(import.meta.dirname, '../..');
const read = (name: string) => JSON.parse(readFileSync(path.join(root, name), 'utf8'));

const PREFIX = 'lossLens.rules.';

/** The settings that the rules ask for, and the words in them. */
function settingsOfRules() {
  const properties = rules.map(({ name, defaultSeverity }, i) => ({
    [PREFIX + name]: {
      type: 'string',
      enum: ['off', 'information', 'warning', 'error'],
      default: defaultSeverity,
      scope: 'resource',
      order: 100 + i,
      description: `%setting.rules.${name}%`,
    },
  }));
  const words = rules.map(({ name, summary }) => ({ [`setting.rules.${name}`]: summary }));
  return { properties: Object.assign({}, ...properties), words: Object.assign({}, ...words) };
}

const isRuleSetting = ([name]: [string, unknown]) => name.startsWith(PREFIX);
const isRuleText = ([name]: [string, unknown]) => name.startsWith('setting.rules.');

// UPDATE_EXPECT=1 writes the settings of new rules into the manifest.
function update(): void {
  const { properties, words } = settingsOfRules();
  const others = (object: object, isRule: (entry: [string, unknown]) => boolean) =>
    Object.fromEntries(Object.entries(object).filter((entry) => !isRule(entry)));
  const manifest = read('package.json');
  const { configuration } = manifest.contributes;
  configuration.properties = { ...others(configuration.properties, isRuleSetting), ...properties };
  const write = (name: string, value: object) =>
    writeFileSync(path.join(root, name), `${JSON.stringify(value, null, 2)}\n`);
  write('package.json', manifest);
  write('package.nls.json', { ...others(read('package.nls.json'), isRuleText), ...words });
}

describe('the manifest', () => {
  before(() => {
    if (process.env.UPDATE_EXPECT) update();
  });

  it('has a setting for each rule, with its default and its summary', () => {
    const { properties, words } = settingsOfRules();
    const { configuration } = read('package.json').contributes;
    assert.deepEqual(Object.fromEntries(Object.entries(configuration.properties).filter(isRuleSetting)), properties);
    assert.deepEqual(Object.fromEntries(Object.entries(read('package.nls.json')).filter(isRuleText)), words);
  });

  it('activates on the languages that the server analyses and for a panel that comes back, and offers the languages as a setting', () => {
    const { activationEvents, contributes } = read('package.json');
    assert.deepEqual(
      [...activationEvents].sort(),
      [...LANGUAGE_IDENTIFIERS.map((language) => `onLanguage:${language}`), `onWebviewPanel:${COMPARE_PANEL}`].sort(),
    );
    const setting = contributes.configuration.properties['lossLens.languages'];
    assert.deepEqual(setting.default, LANGUAGE_IDENTIFIERS);
    assert.deepEqual(setting.items.enum, LANGUAGE_IDENTIFIERS);
  });

  it('has words for every placeholder, and no others', () => {
    const used = new Set(JSON.stringify(read('package.json')).match(/(?<=")%[^%"]+%(?=")/g));
    assert.deepEqual(
      [...used].sort(),
      Object.keys(read('package.nls.json'))
        .map((name) => `%${name}%`)
        .sort(),
    );
  });

  it('puts every command under one category, and registers no other', () => {
    const { commands } = read('package.json').contributes;
    const source = ['main', 'client', 'pages', 'panel/panels']
      .map((name) => readFileSync(path.join(root, `src/extension/${name}.ts`), 'utf8'))
      .join('');
    for (const { command, category } of commands) {
      assert.equal(category, 'Loss Lens');
      assert.ok(source.includes(`'${command}'`), `${command} is registered by nobody`);
    }
    assert.equal(source.match(/registerCommand\(/g)?.length, commands.length);
  });
});
