/** The command lines of the README print what it shows. `UPDATE_EXPECT=1` writes what they print into it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../src/cli/run.ts';
import { fakeTerminal } from './support/terminal.ts';

const root = path.resolve(import.meta.dirname, '..');
const file = path.join(root, 'README.md');

describe('README', function () {
  this.timeout(30_000);

  it('shows what the command line prints', async () => {
    const text = readFileSync(file, 'utf8');
    const blocks = [...text.matchAll(/```console\n\$ loss-lens (.*)\n[\s\S]*?```/g)];
    assert.ok(blocks.length > 0);
    let updated = text;
    for (const [block, command = ''] of blocks) {
      const actual = `\`\`\`console\n$ loss-lens ${command}\n${await outputOf(command)}\`\`\``;
      if (process.env.UPDATE_EXPECT) updated = updated.replace(block, () => actual);
      else assert.equal(actual, block);
    }
    if (updated !== text) writeFileSync(file, updated);
  });
});

async function outputOf(command: string): Promise<string> {
  const terminal = fakeTerminal(root);
  await run(command.split(' '), terminal);
  assert.equal(terminal.stderr, '');
  return terminal.stdout.replace(/\n+$/, '\n');
}
