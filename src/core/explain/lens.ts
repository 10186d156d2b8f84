/** The one line above a loss. */
import type { BatchSize, Loss } from '../analysis.ts';
import { penaltyMove, type Verdict, verdicts } from './verdict.ts';
import { batchDegree, growthWords, number, power, shortName } from './words.ts';

/** What the code lens says, e.g. `Σ over the batch · gradient ∝ B · SGD 0.1 at B=128 acts as 12.8 on a mean`. */
export function lensTitle(loss: Loss): string {
  const found = verdicts(loss);
  const [verdict] = found;
  const headlines = [...new Set(found.map(headline))];
  const parts =
    verdict && headlines.length === 1 ? [...headlines, ...consequences(verdict, loss)] : [byBranch(loss, headlines)];
  const title = parts.join(' · ');
  // What cannot be told is not assumed either.
  const isUnknown = found.every((v) => v.kind === 'unknown');
  return loss.assumed.length > 0 && !isUnknown ? `assumed: ${title}` : title;
}

/** Two losses are told apart by their condition; of more there is only room to say so. */
function byBranch({ alternatives }: Loss, headlines: readonly string[]): string {
  const [first] = alternatives;
  return first && alternatives.length === 2
    ? `${headlines[0]} ${first.condition}, otherwise ${headlines[1]}`
    : `${headlines.join(' or ')}, by branch`;
}

function headline(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'unknown':
      return `cannot tell how this loss is reduced: ${verdict.reason}`;
    case 'fixed-selection':
      return 'a fixed number of selected examples';
    case 'penalty':
      return 'a penalty on the weights alone';
    case 'selection':
      return verdict.reduction;
    case 'mixed':
      return `terms grow apart: ${verdict.terms.map((term) => power('B', batchDegree(term) ?? 0)).join(' and ')}`;
    case 'uniform':
      return verdict.reduction.replace(/^sum\b/, 'Σ');
  }
}

function consequences(verdict: Verdict, loss: Loss): string[] {
  switch (verdict.kind) {
    case 'unknown':
      return [];
    case 'fixed-selection':
      return ['only they get a gradient', 'it does not scale with B in a fixed way'];
    case 'penalty':
      return ['the batch size does not matter'];
    case 'selection':
      return ['only the selected examples get a gradient'];
    case 'mixed':
      return ['their balance moves with the batch'];
    case 'uniform': {
      const move = penaltyMove(loss);
      return [
        ...(verdict.degree === 0 ? [] : [`gradient ∝ ${growthWords({ B: verdict.degree })}`]),
        ...(verdict.nominal ? ['a smaller batch takes a smaller step'] : rate(verdict.degree, loss)),
        ...(move ? [`${move.name}’s share ${move.verb} as B grows`] : []),
        ...(verdict.partlyUnknown ? ['one term cannot be told'] : []),
      ];
    }
  }
}

/** What the reduction does to the learning rate: with the user's numbers where they are known, as a rule otherwise. */
function rate(degree: number, { optimizer, advice, batchSize }: Loss): string[] {
  if (!optimizer) return degree === 0 ? ['with SGD, learning rate × k when the batch grows × k'] : [];
  const name = shortName(optimizer.name);
  if (optimizer.notConvertible) return [`${name}: no factor converts its settings`];
  if (optimizer.family === 'adam') {
    return degree === 0 ? [`${name}: no exact rule for a larger batch`] : [`${name} divides it out`];
  }
  // With an epsilon in its step (Adadelta), the gradient’s size does not come out as a factor of the rate.
  if (optimizer.family === 'other' || optimizer.epsilon !== null) return [];
  const learningRate = optimizer.learningRate?.value ?? null;
  const at =
    learningRate !== null && batchSize?.value != null ? `${name} ${number(learningRate)} at ${size(batchSize)}` : null;
  if (degree === 0) {
    const doubled = advice.scaling.find((row) => row.k === 2);
    return doubled?.learningRate != null && doubled.batchSize !== null && at
      ? [`${at} becomes ${number(doubled.learningRate)} at B=${doubled.batchSize}`]
      : ['learning rate × k when the batch grows × k'];
  }
  if (advice.equivalentMeanLearningRate !== null && at) {
    return [`${at} acts as ${number(advice.equivalentMeanLearningRate)} on a mean`];
  }
  if (degree !== 1) return [];
  return learningRate === null
    ? [`${name}’s learning rate acts × B on a mean`]
    : [`${name} ${number(learningRate)} acts as ${number(learningRate)} × B on a mean`];
}

function size({ value, origin }: BatchSize): string {
  return `B=${value}${origin === 'assumed' ? ' (assumed)' : ''}`;
}
