/**
 * Each rule against its fixtures, where marks stand under what it finds, and against its page. `UPDATE_EXPECT=1` writes marks and pages anew; review
 * the difference like code.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Analysis, LossTerm, Severity } from '../../src/core/analysis.ts';
import { check, type Rule, rules } from '../../src/core/rules/index.ts';
import { analyzeText } from '../support/analyze.ts';
import { withMarks, withoutMarks } from '../support/marks.ts';

const root = path.resolve(import.meta.dirname, '../..');
const fixtures = path.join(root, 'test/fixtures/rules');
const FRAMEWORKS = ['tf1.py', 'tfjs.js', 'torch.py'];

const sourceOf = (rule: Rule, file: string) => withoutMarks(readFileSync(path.join(fixtures, rule.name, file), 'utf8'));

for (const rule of rules) {
  describe(`the rule ${rule.name}`, function () {
    this.timeout(30_000);
    const folder = path.join(fixtures, rule.name);

    it('has a broken file, its fixed twin and look-alikes for each framework', () => {
      assert.deepEqual(
        readdirSync(folder),
        ['broken', 'fixed', 'look-alikes'].flatMap((kind) => FRAMEWORKS.map((framework) => `${kind}.${framework}`)),
      );
    });

    for (const file of readdirSync(folder)) {
      const isBroken = file.startsWith('broken.');

      it(`${isBroken ? 'finds what is marked' : 'is silent'} in ${file}`, async () => {
        const source = sourceOf(rule, file);
        const analysis = await analyzeText(source, file);
        assert.deepEqual(analysis.problems, []);
        assert.ok(analysis.losses.length > 0, 'has no loss to judge');
        assert.equal(analysis.findings.length > 0, isBroken);
        const actual = withMarks(source, analysis.language, analysis.findings);
        if (process.env.UPDATE_EXPECT) writeFileSync(path.join(folder, file), actual);
        else assert.equal(actual, readFileSync(path.join(folder, file), 'utf8'));
      });
    }

    it('has the severity that is asked for, and its own where none is', async () => {
      const facts = await broken(rule);
      const severities = (asked: Readonly<Record<string, Severity | 'off'>>) =>
        check(facts, { severities: asked }).map((finding) => finding.severity);
      assert.deepEqual(severities({}), [rule.defaultSeverity]);
      assert.deepEqual(severities({ [rule.name]: 'error' }), ['error']);
      assert.deepEqual(severities({ [rule.name]: 'off' }), []);
    });

    it('rests on no assumption and on nothing unknown', async () => {
      const facts = await broken(rule);
      const assumed = withTerms(facts, (term) => ({ ...term, assumed: ['the first axis is taken to be the batch'] }));
      assert.deepEqual(check(assumed, { severities: {} }), []);
      const unknown = withTerms(facts, (term) => ({ ...term, kind: 'unknown', degrees: {} }));
      assert.deepEqual(check(unknown, { severities: {} }), []);
    });

    it('has a page that says the same', () => {
      const file = path.join(root, `docs/rules/${rule.name}.md`);
      if (process.env.UPDATE_EXPECT) writeFileSync(file, pageOf(rule));
      else assert.equal(readFileSync(file, 'utf8'), pageOf(rule));
    });
  });
}

describe('the rules', () => {
  it('have a file each, with their names in kebab-case', () => {
    const files = readdirSync(path.join(root, 'src/core/rules')).map((file) => path.basename(file, '.ts'));
    const names = rules.map((rule) => rule.name);
    assert.deepEqual(
      names,
      files.filter((file) => file !== 'index' && file !== 'rule'),
    );
    for (const name of names) assert.match(name, /^[a-z]+(-[a-z]+)*$/);
  });

  it('have fixtures and a page each, and no others do', () => {
    const names = rules.map((rule) => rule.name);
    assert.deepEqual(readdirSync(fixtures), names);
    assert.deepEqual(
      readdirSync(path.join(root, 'docs/rules')),
      names.map((name) => `${name}.md`),
    );
  });
});

const broken = (rule: Rule): Promise<Analysis> => analyzeText(sourceOf(rule, 'broken.torch.py'), 'broken.torch.py');

const withTerms = (facts: Analysis, change: (term: LossTerm) => LossTerm): Analysis => ({
  ...facts,
  losses: facts.losses.map((loss) => ({ ...loss, terms: loss.terms.map(change) })),
});

const pageOf = (rule: Rule): string => `# ${rule.name}

${rule.summary}

## Why it is bad

${rule.why}

## Example

\`\`\`diff
${differenceOf(sourceOf(rule, 'broken.torch.py'), sourceOf(rule, 'fixed.torch.py'))}
\`\`\`

## Setting

\`lossLens.rules.${rule.name}\` is \`off\`, \`information\`, \`warning\` or \`error\`. It is \`${rule.defaultSeverity}\` where nothing is set.
`;

/** Twins have the same lines but for those that were fixed. */
function differenceOf(before: string, after: string): string {
  const fixed = after.trimEnd().split('\n');
  const lines = before.trimEnd().split('\n');
  assert.equal(fixed.length, lines.length);
  return lines
    .flatMap((line, i) => (line === fixed[i] ? [`  ${line}`.trimEnd()] : [`- ${line}`, `+ ${fixed[i]}`]))
    .join('\n');
}
