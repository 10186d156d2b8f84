/** What the interpreter follows, one fixture a feature. The facts stand in the fixtures, see test/fixtures/interpreter/README.md. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Analysis } from '../../src/core/analysis.ts';
import { languageOf } from '../../src/workspace/files.ts';
import { analyzeText } from '../support/analyze.ts';
import { factsOfLoss, inOrder, variantsOf } from '../support/facts.ts';

const folder = path.join(import.meta.dirname, '../fixtures/interpreter');

describe('interpreter', function () {
  this.timeout(30_000);

  for (const file of readdirSync(folder).filter((name) => languageOf(name))) {
    describe(file, () => {
      for (const { title, source, facts } of variantsOf(readFileSync(path.join(folder, file), 'utf8'))) {
        it(title || 'as it stands', async () => {
          const { asked, stated } = compared(await analyzeText(source, file), facts);
          assert.equal(stated.join('\n'), asked.join('\n'));
        });
      }
    });
  }
});

/** Facts before the first `loss` are about the file; each `loss` opens the next loss in the order of the file. */
function compared(analysis: Analysis, facts: readonly string[]): { asked: string[]; stated: string[] } {
  const sections: string[][] = [[]];
  for (const fact of facts) {
    if (fact === 'loss') sections.push([]);
    else sections.at(-1)!.push(fact);
  }
  const [about = [], ...losses] = sections;
  const ofFile = about.map((fact) => {
    if (fact.startsWith('site ')) {
      const sites = analysis.sites.map((s) => `site ${s.role} ${s.reduction}`);
      return sites.includes(fact) ? fact : `no ${fact}: ${sites.join(', ')}`;
    }
    return fact === 'half-typed' && analysis.problems.length > 0 ? fact : `not ${fact}`;
  });
  if (!about.includes('half-typed')) assert.deepEqual(analysis.problems, []);
  const heading = (n: number) => `${n} losses`;
  return {
    asked: [...about, heading(losses.length), ...losses.flatMap((asked) => ['loss', ...inOrder(asked)])],
    stated: [
      ...ofFile,
      heading(analysis.losses.length),
      ...analysis.losses.flatMap((loss, i) => ['loss', ...factsOfLoss(loss, losses[i] ?? [])]),
    ],
  };
}
