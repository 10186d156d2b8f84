/** The whole analysis of each example, as text. `UPDATE_EXPECT=1` writes the files anew; review the difference like code. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { analyzeText } from '../support/analyze.ts';
import { dump } from '../support/dump.ts';

const examples = path.join(import.meta.dirname, '../../examples');
const goldens = path.join(import.meta.dirname, '../golden');

describe('examples', function () {
  this.timeout(30_000);

  for (const file of readdirSync(examples)) {
    it(file, async () => {
      const source = readFileSync(path.join(examples, file), 'utf8');
      const actual = dump(source, await analyzeText(source, file));
      const golden = path.join(goldens, `${file}.txt`);
      if (process.env.UPDATE_EXPECT) writeFileSync(golden, actual);
      else assert.equal(actual, readFileSync(golden, 'utf8'));
    });
  }

  it('has a golden file for each example and no other', () => {
    assert.deepEqual(
      readdirSync(goldens).sort(),
      readdirSync(examples)
        .map((file) => `${file}.txt`)
        .sort(),
    );
  });
});
