/** Interleaved rounds: in each, every contender has one turn, so that whatever the machine does meets all of them. */
import { cpus } from 'node:os';
import type { Checked, Contender, Turn } from './contender.ts';

export interface Result {
  readonly name: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly checked: Checked;
  /** One for each round. */
  readonly turns: readonly Turn[];
}

export interface Measured {
  readonly results: readonly Result[];
  /** Processor cores that everything else on the machine took, on average during the turns. */
  readonly otherCores: number;
}

/** The losses are of the order of 2. */
const LOSS_TOLERANCE = 1e-4;
/** As a part of the norm: without the penalty, three steps of the tutorial's network are 5e-4 off. */
const NORM_TOLERANCE = 1e-6;

/** @throws Error where the contenders do not calculate the same: then nothing is worth comparing */
export async function runRounds(
  contenders: readonly Contender[],
  rounds: number,
  seconds: number,
  say: (line: string) => void,
): Promise<Measured> {
  const checked = new Map<Contender, Checked>();
  for (const contender of contenders) checked.set(contender, await contender.check());
  requireAgreement([...checked].map(([{ name }, answer]) => ({ name, ...answer })));

  const turns = new Map<Contender, Turn[]>(contenders.map((contender) => [contender, []]));
  const total = { wall: 0, others: 0 };
  for (let round = 0; round < rounds; round++) {
    for (const contender of orderOf(contenders, round)) {
      const busyBefore = busySeconds();
      const start = performance.now();
      const turn = await contender.turn(seconds);
      turns.get(contender)?.push(turn);
      const wall = (performance.now() - start) / 1000;
      // The steps before the turn's clock starts run at the same load.
      const own = (turn.cpuSeconds / turn.seconds) * wall;
      total.wall += wall;
      total.others += Math.max(0, busySeconds() - busyBefore - own);
    }
    say(`Round ${round + 1} of ${rounds}`);
  }
  return {
    results: [...checked].map(([contender, answer]) => ({
      name: contender.name,
      versions: contender.versions,
      checked: answer,
      turns: turns.get(contender) ?? [],
    })),
    otherCores: total.others / total.wall,
  };
}

function requireAgreement(checks: readonly (Checked & { readonly name: string })[]): void {
  const [first] = checks;
  if (!first) return;
  const agrees = ({ losses, weightNorm }: Checked): boolean =>
    losses.every((loss, i) => Math.abs(loss - (first.losses[i] ?? Number.NaN)) <= LOSS_TOLERANCE) &&
    Math.abs(weightNorm - first.weightNorm) <= NORM_TOLERANCE * first.weightNorm;
  if (checks.every(agrees)) return;
  const lines = checks.map(({ name, losses, weightNorm }) => `  ${name}: ${losses.join(', ')}; ‖W‖ ${weightNorm}`);
  throw new Error(
    `The contenders do not train the same. Losses of the first steps, and the weights:\n${lines.join('\n')}`,
  );
}

/** Everyone takes every place in the order, and has now one neighbour before it, now the other. */
function orderOf<T>(all: readonly T[], round: number): T[] {
  const start = round % all.length;
  const rotated = [...all.slice(start), ...all.slice(0, start)];
  return round % 2 === 0 ? rotated : rotated.reverse();
}

/** Seconds that all cores together have worked since the machine started. */
function busySeconds(): number {
  return cpus().reduce((total, { times }) => total + (times.user + times.nice + times.sys + times.irq) / 1000, 0);
}

/** A number for each round, summed up. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const at = (i: number) => sorted[i] ?? Number.NaN;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, least: at(0), most: at(sorted.length - 1) };
}

export const secondsPerStep = ({ steps, seconds }: Turn): number => seconds / steps;
export const cpuSecondsPerStep = ({ steps, cpuSeconds }: Turn): number => cpuSeconds / steps;

/** What one quantity of `a` is as a multiple of that of `b`, round by round. */
export function ratioOf(a: Result, b: Result, quantity: (turn: Turn) => number): Spread {
  return spreadOf(
    a.turns.map((turn, round) => {
      const other = b.turns[round];
      return other ? quantity(turn) / quantity(other) : Number.NaN;
    }),
  );
}
