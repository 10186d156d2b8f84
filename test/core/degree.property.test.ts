/**
 * The algebra against numbers: random losses are printed as training programs and analysed, and evaluated with the batch as it is, twice and three
 * times. An analysis may say that it does not know, but not too often, and what it says must hold.
 *
 * LOSS_LENS_RUNS sets the number of losses, LOSS_LENS_SEED which.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Loss } from '../../src/core/analysis.ts';
import { analyze } from '../../src/core/analyze.ts';
import { languageOf } from '../../src/workspace/files.ts';
import { loadParser } from '../../src/workspace/parsers.ts';
import { randomBatch } from '../support/evaluate.ts';
import type { Expression } from '../support/expression.ts';
import { randomLosses, wholeOf } from '../support/generate.ts';
import { type Style, type Target, targets } from '../support/render.ts';
import { simplify } from '../support/simplify.ts';
import { type Truth, truthOf } from '../support/truth.ts';

const runs = Number(process.env.LOSS_LENS_RUNS ?? 2000);
const firstSeed = Number(process.env.LOSS_LENS_SEED ?? 1);
const LEAST_ANSWERED = 0.3;

describe('degrees of random losses', function () {
  this.timeout(60_000 + 20 * runs);

  for (const target of targets) {
    it(target.name, async () => {
      const judge = await judgeFor(target);
      const count = { measured: 0, answered: 0 };
      for (const { terms, style, seed } of fc.sample(randomLosses, { seed: firstSeed, numRuns: runs })) {
        if (!terms.every(target.can)) continue;
        const judgement = judge(terms, style, seed);
        if (judgement === null) continue;
        count.measured++;
        if (judgement.answered) count.answered++;
        if (judgement.mistakes.length > 0) {
          const smallest = simplify(terms, (simpler) => (judge(simpler, style, seed)?.mistakes.length ?? 0) > 0);
          const { mistakes, truth } = judge(smallest, style, seed)!;
          assert.fail(`${mistakes.join('\n')}\nmeasured: ${measured(truth)}\n\n${target.program(smallest, style)}`);
        }
      }
      const share = count.answered / count.measured;
      const percent = `${(100 * share).toFixed(0)} % answered`;
      console.log(`      ${count.measured} of ${runs} losses measured, ${percent}`);
      assert.ok(share >= LEAST_ANSWERED, percent);
    });
  }
});

interface Judgement {
  readonly truth: Truth;
  readonly mistakes: readonly string[];
  /** Whether the analysis says the degree of every term. */
  readonly answered: boolean;
}

/** Compares analysis and numbers; null where the numbers cannot tell. */
async function judgeFor({ path, program }: Target) {
  const language = languageOf(path)!;
  const parser = await loadParser(language);
  return (terms: readonly Expression[], style: Style, seed: number): Judgement | null => {
    const truth = truthOf(wholeOf(terms), randomBatch(seed));
    if (truth === null) return null;
    const options = { assumedBatchSize: null, severities: {} };
    const { losses, incomplete } = analyze({ text: program(terms, style), language, path }, options, parser);
    if (incomplete) return { truth, mistakes: [incomplete], answered: false };
    if (losses.length > 1) return { truth, mistakes: [`${losses.length} losses were found`], answered: false };
    const answer = losses[0] && answerOf(losses[0]);
    return { truth, mistakes: answer ? contradictions(answer, truth) : [], answered: answer?.complete ?? false };
  };
}

/** What an analysis claims without an assumption. */
interface Answer {
  readonly terms: readonly { readonly kind: string; readonly degree: string }[];
  /** Whether it claims something of every term. */
  readonly complete: boolean;
  readonly balanceHolds: boolean;
}

function answerOf(loss: Loss): Answer {
  const claims = loss.terms.filter(
    (t) => t.kind !== 'unknown' && t.reason === undefined && t.assumed.length === 0 && t.degrees.B !== undefined,
  );
  return {
    terms: claims.map((t) => ({ kind: t.kind, degree: shown(t.degrees.B!) })),
    complete: loss.terms.length > 0 && claims.length === loss.terms.length,
    balanceHolds: loss.balanceMovesWithBatch === false,
  };
}

/** An analysis may see one term where the numbers see several of the same degree, or the other way round. */
function contradictions(answer: Answer, truth: Truth): string[] {
  const terms = truth.terms.map((t) => ({ kind: t.kind, degree: shown(t.growth.degree) }));
  const invented = answer.terms.filter(
    (t) => !terms.some((m) => [t.kind, 'either'].includes(m.kind) && m.degree === t.degree),
  );
  const missed = answer.complete ? terms.filter((m) => !answer.terms.some((t) => t.degree === m.degree)) : [];
  return [
    ...invented.map((t) => `says ${t.kind} of degree ${t.degree}, which no term is`),
    ...missed.map((m) => `does not say ${m.kind} of degree ${m.degree}`),
    ...(answer.complete && answer.balanceHolds && truth.whole.degree === null
      ? ['says that the balance holds, and the whole has no degree']
      : []),
  ];
}

function measured({ terms, whole }: Truth): string {
  return [...terms.map((t) => `${t.kind} ${shown(t.growth.degree)}`), `the whole ${shown(whole.degree)}`].join(', ');
}

const shown = (degree: number | null): string => (degree === null ? 'none' : String(Number(degree.toFixed(6)) || 0));
