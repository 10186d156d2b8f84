/** Reductions as sites: the outermost of each statement, with its word, its role and its degrees. */
import type { AxisName, Degrees, Reduction, Role, Site } from '../analysis.ts';
import { hasAxis } from '../degree/axes.ts';
import { degreesOf, type Operation, type Term } from '../degree/term.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { isLossName, isMetricName, isPenaltyName } from '../interpreter/names.ts';
import type { Observation } from '../interpreter/recorder.ts';

export function sitesOf(m: Interpreter, reached: ReadonlySet<string>, returned: ReadonlySet<string>): Site[] {
  const sites: Site[] = [];
  for (const [key, seen] of m.record.observations) {
    if (m.record.absorbed.has(key)) continue;
    const first = seen[0];
    if (!first) continue;
    // The longest chain is the whole statement; a shorter one was seen before the division that follows.
    // Of a sum of terms under one reduction, those of the data speak for it.
    // A constructed loss that is only called where nothing is trained is a metric, whatever its construction says.
    const calls = seen.filter((o) => !o.isConstruction);
    const used = calls.length > 0 && calls.every((o) => o.evaluation) ? calls : seen;
    const trained = used.filter((o) => o.term.examples !== 'no' && o.term.theta !== 'no');
    const candidates = trained.length ? trained : used;
    const best = candidates.reduce((a, b) => (b.chain.length > a.chain.length ? b : a), candidates[0] ?? first);
    const words = [...new Set(candidates.filter((o) => o.chain.length === best.chain.length).map(wordOf))];
    const [word = 'unknown'] = words;
    const sure = words.length === 1;
    const steps = best.operation.kind === 'division' ? best.term.operations : best.chain;
    const over = shownAxes(steps, best.term);
    const degrees = best.term.unknown === null ? shownDegrees(best.term) : {};
    const reason = best.term.unknown ?? (sure ? null : 'it depends on a branch or an argument');
    sites.push({
      range: best.operation.range,
      api: best.operation.api,
      reduction: sure ? word : 'unknown',
      over,
      role: roleOf(m, key, best, reached, returned),
      degrees,
      assumed: best.term.assumed,
      alternatives: sure ? [] : words,
      ...(reason === null ? {} : { reason }),
      trace: best.term.trace,
    });
  }
  return sites.sort((a, b) => a.range.start - b.range.start);
}

function roleOf(
  m: Interpreter,
  key: string,
  o: Observation,
  reached: ReadonlySet<string>,
  returned: ReadonlySet<string>,
): Role {
  const regularizes = o.term.examples !== 'yes' && isPenaltyName(o.functionName);
  const trained: Role = (o.term.examples === 'no' && o.term.theta !== 'no') || regularizes ? 'penalty' : 'data-loss';
  if (m.record.normalisers.has(key)) return 'other';
  if (reached.has(key)) return trained;
  const names = [...(m.record.variables.get(key) ?? [])];
  const looksLikeMetric = names.some(isMetricName) && !names.some(isLossName);
  if (o.evaluation || o.term.theta === 'no' || looksLikeMetric) return 'metric';
  if (returned.has(key)) return trained;
  const isLossEntry =
    o.chain.some((c) => c === o.operation && !/^Tensor\./.test(c.api)) && m.vocabulary.isLossApi(o.operation.api);
  if (m.record.logged.has(key) && !isLossEntry) return 'metric';
  const named = names.some(isLossName) || isLossName(o.functionName) || isLossName(o.className);
  if (isLossEntry) return 'data-loss';
  // With no sink in reach a name is all there is; a constant of θ or a plain reduction of features is nobody's loss.
  return named && !hasAxis(o.row, 'B') ? trained : 'other';
}

/** The word for the steps of one statement. */
function wordOf(o: Observation): Reduction {
  if (
    o.term.unknown !== null &&
    o.operation.word === 'other' &&
    o.chain.length === 1 &&
    o.operation.divisor === null &&
    o.operation.over.length > 0 &&
    isUnread(o.term)
  )
    return 'unknown';
  return reductionWord(o.operation.kind === 'division' ? o.term.operations : o.chain, o.term);
}

export const isUnread = (t: Term): boolean =>
  t.unknown !== null && /not written here|not defined|may be among/.test(t.unknown);

export function reductionWord(chain: readonly Operation[], t: Term): Reduction {
  const steps = chain.filter((o) => o.word !== 'none');
  const reducing = steps.filter((o) => o.word !== 'divide');
  if (reducing.length === 0) return 'none';
  if (reducing.some((o) => o.word === 'max')) return 'max';
  if (reducing.some((o) => o.word === 'other')) return t.unknown !== null && isUnread(t) ? 'unknown' : 'other';
  const divisors = steps.filter((o) => o.word === 'divide' && o.over.length > 0).map((o) => o.divisor);
  const means = reducing.filter((o) => o.word === 'mean');
  const sums = reducing.filter((o) => o.word === 'sum' && o.over.some((a) => a !== 'C'));
  if (means.some((o) => o.divisor === 'weights') || divisors.includes('weights')) return 'weighted-mean';
  if (divisors.includes('count')) return 'weighted-mean';
  if (means.some((o) => o.divisor === 'count')) return 'token-mean';
  if (means.length === 0)
    return sums.length && divisors.some((d) => d === 'actual' || d === 'nominal') ? 'sum-then-mean' : 'sum';
  if (sums.length === 0) return 'mean';
  // What is done to the batch comes last in the word, whatever was done to inner axes in which order.
  const last = reducing.findLast((o) => o.over.includes('B')) ?? reducing.at(-1);
  return last?.word === 'mean' ? 'sum-then-mean' : 'mean-then-sum';
}

/**
 * The axes that steps reduced. Classes are never shown; what a loss over classes may have beside the batch is only shown where it is known.
 */
export function shownAxes(steps: readonly Operation[], t: Term): AxisName[] {
  const all = new Set(steps.flatMap((o) => (o.word === 'divide' ? [] : [...o.over])));
  const overClasses = (degreesOf(t).C ?? 0) !== 0;
  return [...all].filter((a) => a !== 'C' && !(a === 'I' && overClasses && all.has('B')));
}

/** Degrees of the axes that were reduced; of the batch always. */
export function shownDegrees(t: Term): Degrees {
  const degrees = degreesOf(t);
  const touched = new Set<AxisName>([
    ...(Object.keys(degrees) as AxisName[]),
    ...t.operations.flatMap((o) => [...o.over]),
  ]);
  touched.add('B');
  return Object.fromEntries([...touched].filter((a) => a !== 'C' && a !== 'P').map((a) => [a, degrees[a] ?? 0]));
}
