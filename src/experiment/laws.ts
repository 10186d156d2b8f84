/**
 * The laws that the experiment tests: what the algebra of batch degrees predicts, beside what was measured. Each measured number comes from an
 * evaluation and a backward pass of its own; here they are only compared.
 */
import { linearScalingFactor } from '../core/advice.ts';
import type { Arm, Evaluated, Law, Measured, ReductionName, Settings } from '../protocol.ts';
import { armsOf, DEGREE, optimizerFamily } from './arms.ts';

/** What was measured at one step, as it is before it is judged. */
export type Measurement = Omit<Measured, 'event' | 'laws'>;

export interface Evidence {
  readonly settings: Settings;
  readonly arms: readonly Arm[];
  readonly schedule: {
    readonly stepsPerEpoch: number;
    /** Of the last batch of an epoch, which is smaller where the examples do not come out even. */
    readonly lastBatchSize: number;
  };
  readonly measurements: readonly Measurement[];
  readonly evaluations: readonly Pick<Evaluated, 'step' | 'arms'>[];
}

/** float32 keeps seven digits: a mean of losses loses one or two. */
const LOSS_LIMIT = 1e-5;
/** Where the gradients of the examples nearly cancel, what is left of them has lost digits. */
const GRADIENT_LIMIT = 1e-3;
/** What one step of rounding may leave in weights that are below 1. */
const FIRST_STEP_LIMIT = 1e-5;
/** "About the same loss", for the Linear Scaling Rule. */
const SCALING_LIMIT = 0.1;

/** The rows of theory against measurement, always all of them, in one order. */
export function judge(evidence: Evidence): Law[] {
  return [
    lossRatio(evidence),
    gradientRatio(evidence),
    batchDegree(evidence),
    selectedGradient(evidence),
    penaltyShare(evidence),
    matchedWeights(evidence),
    linearScaling(evidence),
  ];
}

/** The laws before anything was measured: what is predicted, and what will not be tested. */
export const expectedLaws = (settings: Settings): Law[] =>
  judge({
    settings,
    arms: armsOf(settings),
    schedule: { stepsPerEpoch: Number.POSITIVE_INFINITY, lastBatchSize: settings.batchSize },
    measurements: [],
    evaluations: [],
  });

/** Whether every law that was tested holds; rules of thumb do not count. */
export const allHold = (laws: readonly Law[]): boolean =>
  laws.every(({ holds, heuristic }) => heuristic || holds !== false);

type Row = Pick<Law, 'law' | 'title' | 'predicted'> & Partial<Law>;

const row = (law: Row): Law => ({
  measured: null,
  deviation: null,
  limit: null,
  holds: null,
  heuristic: false,
  note: '',
  ...law,
});

/** A row whose deviation, at its worst, decides. */
function decided(law: Row, measured: string | null, deviations: readonly number[], limit: number): Law {
  if (measured === null || deviations.length === 0) return row({ ...law, limit });
  const deviation = worst(deviations);
  return row({ ...law, measured, deviation, limit, holds: deviation <= limit });
}

function lossRatio({ settings, measurements }: Evidence): Law {
  const ratios = measurements.map((m) => of(m.batch, 'loss/sum') / of(m.batch, 'loss/mean'));
  return decided(
    {
      law: 'loss-ratio',
      title: 'L_SUM / L_AVG = B',
      predicted: String(measurements.at(-1)?.batchSize ?? settings.batchSize),
    },
    ratioText(ratios),
    ratios.map((ratio, i) => relative(ratio, measurements[i]?.batchSize ?? Number.NaN)),
    LOSS_LIMIT,
  );
}

function gradientRatio({ settings, measurements }: Evidence): Law {
  const ratios = measurements.map((m) => of(m.batch, 'gradient/sum') / of(m.batch, 'gradient/mean'));
  // Norms may agree where directions do not, so the vectors are compared as well.
  const mismatches = measurements.map((m) => of(m.batch, 'gradient/sum-mean mismatch') / of(m.batch, 'gradient/sum'));
  return decided(
    {
      law: 'gradient-ratio',
      title: '‖∇L_SUM‖ / ‖∇L_AVG‖ = B',
      predicted: String(measurements.at(-1)?.batchSize ?? settings.batchSize),
      note: 'Of the data term at the same weights, by two backward passes; the deviation is the larger of those of the norms and of the vectors.',
    },
    ratioText(ratios),
    ratios.map((ratio, i) =>
      worst([relative(ratio, measurements[i]?.batchSize ?? Number.NaN), mismatches[i] ?? Number.NaN]),
    ),
    GRADIENT_LIMIT,
  );
}

const REDUCTIONS: readonly ReductionName[] = ['sum', 'mean', 'max'];

function batchDegree({ measurements }: Evidence): Law {
  const degrees = measurements.map((m) =>
    REDUCTIONS.map((reduction) =>
      Math.log2(of(m.twice, `gradient/${reduction}`) / of(m.half, `gradient/${reduction}`)),
    ),
  );
  const last = degrees.at(-1);
  return decided(
    {
      law: 'batch-degree',
      title: 'Every example twice: the gradient grows by 2^d',
      predicted: REDUCTIONS.map((reduction) => `${reduction} ${DEGREE[reduction]}`).join(', '),
      note: 'Measured on half of the batch. d is the batch degree, the logarithm to base 2 of how much the gradient grew.',
    },
    last ? REDUCTIONS.map((reduction, i) => `${reduction} ${fixed(last[i] ?? Number.NaN)}`).join(', ') : null,
    degrees.map((each) => worst(each.map((d, i) => Math.abs(d - DEGREE[REDUCTIONS[i] ?? 'mean'])))),
    GRADIENT_LIMIT,
  );
}

function selectedGradient({ measurements }: Evidence): Law {
  const ratios = measurements.map((m) => of(m.batch, 'gradient/max') / of(m.selected, 'gradient/mean'));
  return decided(
    {
      law: 'selected-gradient',
      title: '∇L_MAX is the gradient of the selected example alone',
      predicted: '1',
      note: 'The ratio of the two norms.',
    },
    ratioText(ratios),
    ratios.map((ratio) => relative(ratio, 1)),
    GRADIENT_LIMIT,
  );
}

function penaltyShare({ settings, measurements }: Evidence): Law {
  const law = {
    law: 'penalty-share',
    title: 'Twice the batch: the share of the penalty shrinks by 2^d',
    predicted: 'sum ÷ 2, mean ÷ 1',
  } as const;
  if (settings.weightDecay === 0) return row({ ...law, note: 'Not tested: there is no penalty. Set a weight decay.' });
  if (settings.decay === 'decoupled') {
    return row({ ...law, note: 'Not tested: a decoupled decay is no part of the loss and of its gradient.' });
  }
  const share = (numbers: Measurement['batch'], reduction: ReductionName) =>
    (settings.weightDecay * of(numbers, 'gradient/penalty')) / of(numbers, `gradient/${reduction}`);
  const shrink = (m: Measurement, reduction: ReductionName) => share(m.half, reduction) / share(m.twice, reduction);
  const last = measurements.at(-1);
  const told = last !== undefined && Number.isFinite(share(last.batch, 'sum') + share(last.batch, 'mean'));
  const shares = told
    ? `At the last measurement a penalty with β = ${settings.weightDecay} is ${percent(share(last.batch, 'sum'))} of the gradient of a sum and ${percent(share(last.batch, 'mean'))} of that of a mean.`
    : '';
  return decided(
    {
      ...law,
      note: `${shares}${shares ? ' ' : ''}The same β is a different penalty at another batch size, unless the loss is a mean.`,
    },
    last ? `sum ÷ ${fixed(shrink(last, 'sum'))}, mean ÷ ${fixed(shrink(last, 'mean'))}` : null,
    measurements.map((m) => worst([relative(shrink(m, 'sum'), 2), relative(shrink(m, 'mean'), 1)])),
    GRADIENT_LIMIT,
  );
}

function matchedWeights({ settings, arms, schedule, measurements }: Evidence): Law {
  const { batchSize, optimizer } = settings;
  const { stepsPerEpoch, lastBatchSize } = schedule;
  const law = { law: 'matched-weights', title: 'λ₁ = λ₂ / B: max |W_SUM − W_AVG| = 0', predicted: '0' } as const;
  const title = optimizerFamily(optimizer) === 'adam' ? { title: 'ε₁ = B ε₂: max |W_SUM − W_AVG| = 0' } : {};
  const both = (['sum', 'mean'] as const).every((reduction) => arms.some((arm) => arm.name === reduction));
  if (!settings.matchUpdates || !both) {
    return row({ ...law, ...title, note: 'Not tested: it takes a sum and a mean with matched updates.' });
  }
  const known = measurements.flatMap(({ step, largestDifference }) =>
    largestDifference === null ? [] : [{ step, difference: largestDifference }],
  );
  const powerOfTwo = Number.isInteger(Math.log2(batchSize));
  const last = known.at(-1);
  const raggedSince = lastBatchSize === batchSize || !last || last.step < stepsPerEpoch ? null : stepsPerEpoch;
  const judged = raggedSince === null ? known : known.filter(({ step }) => step < raggedSince);
  const exact = powerOfTwo ? judged : judged.filter(({ step }) => step === 1);
  const judgedTo = exact.at(-1);
  const limit = powerOfTwo ? 0 : FIRST_STEP_LIMIT;
  const why = powerOfTwo
    ? 'B is a power of two, so multiplying by it only moves the exponent of a float32 and rounds nothing: the weights should be equal to the last bit.'
    : `B = ${batchSize} is no power of two, so each multiplication by it rounds: judged at the first step, after which the training amplifies the last digits.`;
  const ragged =
    raggedSince === null
      ? ''
      : ` Since step ${raggedSince} batches of ${lastBatchSize} examples at the end of each epoch took part, for which λ₂ / B with B = ${batchSize} is the wrong rate: differences from there on are not judged.`;
  const later =
    last && last !== judgedTo ? ` At step ${last.step} the largest difference was ${scientific(last.difference)}.` : '';
  return row({
    ...law,
    ...title,
    measured: judgedTo
      ? `${scientific(worst(exact.map(({ difference }) => difference)))}, to step ${judgedTo.step}`
      : null,
    deviation: exact.length > 0 ? worst(exact.map(({ difference }) => difference)) : null,
    limit,
    holds: exact.length > 0 ? exact.every(({ difference }) => difference <= limit) : null,
    note: `${why}${ragged}${later}`,
  });
}

function linearScaling({ settings, arms, evaluations }: Evidence): Law {
  const k = settings.batchFactor;
  const law = {
    law: 'linear-scaling',
    title: 'Linear Scaling Rule: B and kB examples a step learn alike',
    predicted: 'equal held-out loss',
    heuristic: true,
    limit: SCALING_LIMIT,
  } as const;
  if (k === 1) return row({ ...law, note: 'Not tested: it takes a second, larger batch.' });
  const note =
    optimizerFamily(settings.optimizer) === 'adam'
      ? 'For Adam no exact law is known; the rate was kept. A rule of thumb: within a tenth counts as equal.'
      : `The rate of a mean was multiplied by ${linearScalingFactor(0, k)}, that of a sum by ${linearScalingFactor(1, k)} (Goyal et al. 2017). A rule of thumb: within a tenth counts as equal.`;
  const compared = evaluations.flatMap((evaluation) => {
    const pairs = arms.flatMap(({ name, reduction, batchFactor }) => {
      if (batchFactor !== 1 || reduction === 'max') return [];
      const small = evaluation.arms.find(({ arm }) => arm === name);
      const large = evaluation.arms.find(({ arm }) => arm === `${name} × ${k}`);
      return small && large && small.examples === large.examples ? [{ reduction, small, large }] : [];
    });
    return pairs.length > 0 ? [pairs] : [];
  });
  const last = compared.at(-1);
  if (!last) {
    return row({ ...law, note: `Not tested yet: no evaluation found both after the same examples. ${note}` });
  }
  const deviation = worst(last.map(({ small, large }) => relative(large.loss, small.loss)));
  return row({
    ...law,
    note,
    measured: last
      .map(({ reduction, small, large }) => `${reduction} ${fixed(small.loss)} and ${fixed(large.loss)}`)
      .join(', '),
    deviation,
    holds: deviation <= SCALING_LIMIT,
  });
}

const of = (numbers: Readonly<Record<string, number>>, name: string): number => numbers[name] ?? Number.NaN;

const relative = (measured: number, predicted: number): number => Math.abs(measured / predicted - 1);

/** The largest, or NaN if one of them is: what cannot be calculated does not hold. */
const worst = (numbers: readonly number[]): number => Math.max(...numbers);

/** Without the sign that rounding leaves of a zero. */
const fixed = (x: number): string => x.toFixed(3).replace(/^-(?=[0.]+$)/, '');

const ratioText = (ratios: readonly number[]): string | null => {
  const last = ratios.at(-1);
  return last === undefined ? null : fixed(last);
};

const percent = (x: number): string => `${Number((100 * x).toPrecision(2))} %`;

const scientific = (x: number): string => (x === 0 ? '0' : x.toExponential(1));
