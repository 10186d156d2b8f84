/** What must be said about typical training files. The facts stand in the fixtures, see test/fixtures/typical/README.md. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { languageOf } from '../../src/workspace/files.ts';
import { analyzeText } from '../support/analyze.ts';
import { factsOf, inOrder, variantsOf } from '../support/facts.ts';

const folder = path.join(import.meta.dirname, '../fixtures/typical');

describe('typical training files', function () {
  this.timeout(30_000);

  for (const file of readdirSync(folder).filter((name) => languageOf(name))) {
    describe(file, () => {
      for (const { title, source, facts } of variantsOf(readFileSync(path.join(folder, file), 'utf8'))) {
        it(title || 'as it stands', async () => {
          const analysis = await analyzeText(source, file);
          assert.deepEqual(analysis.problems, []);
          assert.equal(factsOf(analysis, facts).join('\n'), inOrder(facts).join('\n'));
        });
      }
    });
  }

  it('reads the CIFAR-10 tutorial as it was published (LOSS_LENS_TUTORIAL names the file)', async function () {
    const tutorial = process.env.LOSS_LENS_TUTORIAL;
    if (!tutorial) {
      console.log('      LOSS_LENS_TUTORIAL is not set: the published file was not read.');
      this.skip();
    }
    const source = readFileSync(tutorial, 'utf8');
    for (const [text, data, balance] of [
      [source, 'term data B=0', 'balance holds'],
      [source.replace('reduce_mean(cross_entropy', 'reduce_sum(cross_entropy'), 'term data B=1', 'balance moves'],
    ] as const) {
      const analysis = await analyzeText(text, tutorial);
      // Its train() gets the loss from another file: that one is unknown.
      const losses = analysis.losses.filter((loss) => loss.terms.some((term) => term.kind !== 'unknown'));
      const facts = factsOf({ ...analysis, losses }, [balance, 'batch 128']);
      for (const fact of [data, 'term penalty B=0 × 0.004', balance, 'batch 128']) {
        assert.ok(facts.includes(fact), `${fact} is not among\n${facts.join('\n')}`);
      }
    }
  });
});
