/**
 * What `--format json` prints, documented in docs/json.md and schema/*.schema.json. It is a format of its own, so that
 * the core's data may change without breaking who reads it: whatever changes here changes `REPORT_VERSION` with it.
 */
import type {
  Analysis,
  BatchSize,
  Finding,
  Language,
  Loss,
  LossTerm,
  Optimizer,
  Range,
  Rate,
  Site,
} from '../core/analysis.ts';
import type { Lines } from '../core/explain.ts';

export const REPORT_VERSION = 1;

/** A file that was read, with what it says in lines and columns. */
export interface AnalysedFile {
  readonly path: string;
  readonly text: string;
  readonly lines: Lines;
  readonly analysis: Analysis;
}

export type FileReport = ReturnType<typeof fileReport>;

/** One element of `files` in the report of `explain`. */
export function fileReport({ path, lines, analysis }: AnalysedFile) {
  const { language, problems, sites, losses, incomplete } = analysis;
  const errors = problems.map(({ range, message }) => ({ message, range: span(range, lines) }));
  return {
    path,
    language,
    errors: incomplete === undefined ? errors : [...errors, { message: incomplete, range: null }],
    sites: sites.map((site) => siteReport(site, lines)),
    losses: losses.map((loss) => lossReport(loss, lines)),
  };
}

/** The same for a file that could not be read. */
export function unreadReport(path: string, language: Language | null, message: string) {
  return { path, language, errors: [{ message, range: null }], sites: [], losses: [] };
}

/** The elements of `findings` in the report of `check` that one file yields. */
export function findingReports({ path, text, lines, analysis }: AnalysedFile) {
  return analysis.findings.map((finding) => findingReport(finding, path, text, lines));
}

function findingReport(
  { rule, range, severity, message, related, fixes }: Finding,
  path: string,
  text: string,
  lines: Lines,
) {
  return {
    rule,
    path,
    range: span(range, lines),
    severity,
    message,
    related: related.map((place) => ({ path, range: span(place.range, lines), message: place.message })),
    fixes: fixes.map(({ title, safety, edits }) => ({
      title,
      safety,
      edits: edits.map((edit) => ({
        path,
        range: span(edit.range, lines),
        before: text.slice(edit.range.start, edit.range.end),
        after: edit.text,
      })),
    })),
  };
}

function siteReport({ range, api, reduction, over, role, degrees, assumed, alternatives, reason }: Site, lines: Lines) {
  return {
    range: span(range, lines),
    api,
    reduction,
    over,
    role,
    degrees,
    assumed,
    alternatives,
    ...(reason === undefined ? {} : { reason }),
  };
}

function lossReport(loss: Loss, lines: Lines) {
  const { range, sink, sinkRange, framework, assumed, terms, alternatives, balanceMovesWithBatch, batchSize } = loss;
  return {
    range: span(range, lines),
    sink,
    sinkRange: span(sinkRange, lines),
    framework,
    assumed,
    terms: terms.map((term) => termReport(term, lines)),
    alternatives: alternatives.map(({ condition, terms: those }) => ({
      condition,
      terms: those.map((term) => termReport(term, lines)),
    })),
    balanceMovesWithBatch,
    batchSize: batchSize && batchSizeReport(batchSize, lines),
    optimizer: loss.optimizer && optimizerReport(loss.optimizer, lines),
    clip: loss.clip && { type: loss.clip.type, threshold: rateReport(loss.clip.threshold, lines) },
    advice: loss.advice,
  };
}

function termReport(term: LossTerm, lines: Lines) {
  const { kind, range, text, reduction, over, degrees, coefficient, nominal, selection, fromOptimizer, assumed } = term;
  return {
    kind,
    range: span(range, lines),
    text,
    reduction,
    over,
    degrees,
    coefficient: coefficient ? (coefficient.value ?? coefficient.text) : 1,
    nominal,
    selection,
    fromOptimizer,
    assumed,
    ...(term.reason === undefined ? {} : { reason: term.reason }),
  };
}

function batchSizeReport({ value, kind, origin, text, where, raggedLastBatch }: BatchSize, lines: Lines) {
  return { value, kind, origin, text, where: place(where, lines), raggedLastBatch };
}

function optimizerReport(optimizer: Optimizer, lines: Lines) {
  const { name, family, where, learningRate, schedule, momentum, weightDecay, epsilon, initialAccumulator } = optimizer;
  return {
    name,
    family,
    where: place(where, lines),
    learningRate: learningRate && rateReport(learningRate, lines),
    schedule,
    momentum: momentum && rateReport(momentum, lines),
    weightDecay: weightDecay && { ...rateReport(weightDecay, lines), coupling: weightDecay.coupling },
    epsilon: epsilon && { ...rateReport(epsilon, lines), place: epsilon.place },
    initialAccumulator: initialAccumulator && rateReport(initialAccumulator, lines),
    notConvertible: optimizer.notConvertible,
  };
}

function rateReport({ value, origin, text, where }: Rate, lines: Lines) {
  return { value, origin, text, where: place(where, lines) };
}

function span({ start, end }: Range, lines: Lines) {
  return { start: lines.at(start), end: lines.at(end) };
}

function place(range: Range | null, lines: Lines) {
  return range && lines.at(range.start);
}
