/** The command lines of the README print what it shows. `UPDATE_EXPECT=1` writes what they print into it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../src/cli/run.ts';

const root = path.resolve(import.meta.dirname, '..');
const file = path.join(root, 'README.md');

describe('README', function () {
  this.timeout(30_000);

  it('shows what the command line prints', async () => {
    const text = readFileSync(file, 'utf8');
    const blocks = [...text.matchAll(/```console\n\$ loss-lens (.*)\n[^]*?```/g)];
    assert.ok(blocks.length > 0);
    let actual = text;
    for (const [block, command = ''] of blocks) {
      const output = await outputOf(command);
      actual = actual.replace(block, () => `\`\`\`console\n$ loss-lens ${command}\n${output}\`\`\``);
    }
    if (process.env.UPDATE_EXPECT) writeFileSync(file, actual);
    else assert.equal(text, actual);
  });
});

async function outputOf(command: string): Promise<string> {
  let output = '';
  const out = (text: string) => {
    output += text;
  };
  await run(command.split(' '), { cwd: root, color: false, out, error: assert.fail });
  return output.replace(/\n+$/, '\n');
}
