/** The command line without its process: arguments in, text and an exit code out. */
import path from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import type { AnalyzeOptions } from '../core/analysis.ts';
import { analyze } from '../core/analyze.ts';
import { Lines } from '../core/explain.ts';
import { findFiles, languageOf, readSource, supportedExtensions } from '../workspace/files.ts';
import { loadParser } from '../workspace/parsers.ts';
import { type CheckRequest, type ExplainRequest, parseArguments, SEVERITIES, USAGE, UsageError } from './arguments.ts';
import { type AnalysedFile, fileReport, findingReports, REPORT_VERSION, unreadReport } from './report.ts';
import { painter } from './terminal.ts';
import { checkSummary, explainSummary, explainText, findingText, problemText } from './text.ts';

export interface Terminal {
  readonly cwd: string;
  readonly color: boolean;
  out(text: string): void;
  /** For who watches: messages and progress. */
  error(text: string): void;
  /** Resolves when the reader of the output has taken what was written. */
  drained(): Promise<void>;
  /** Columns of the terminal that shows the error stream; null where it goes elsewhere. */
  columns(): number | null;
  /** Calls back at Ctrl-C, instead of ending the process, until the function that it returns is called. */
  onInterrupt(listener: () => void): () => void;
}

export const CLEAN = 0;
export const FOUND = 1;
export const FAILED = 2;
/** As shells say it of a program that Ctrl-C ended. */
export const INTERRUPTED = 130;

/** Runs one command and says how the process should end. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const request = parseArguments(argv);
    switch (request.command) {
      case 'help':
        terminal.out(USAGE);
        return CLEAN;
      case 'version':
        terminal.out(`${manifest.version}\n`);
        return CLEAN;
      case 'explain':
        return await explainPaths(request, terminal);
      case 'check':
        return await checkPaths(request, terminal);
      case 'train':
        return await (await import('./train.ts')).train(request.args, terminal);
      case 'native':
        return await (await import('./native.ts')).native(request.args, terminal);
      case 'data':
        return await (await import('./data.ts')).data(request.args, terminal);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.error(`loss-lens: ${error.message} See ${error.help}.\n`);
    return FAILED;
  }
}

async function explainPaths(request: ExplainRequest, terminal: Terminal) {
  const paint = painter(terminal.color);
  const options = { assumedBatchSize: request.batchSize, severities: {} };
  const reports: object[] = [];
  let files = 0;
  let losses = 0;
  let failed = false;
  for await (const result of analyseAll(request.paths, options, terminal)) {
    if ('message' in result) {
      failed ||= result.fails;
      reports.push(unreadReport(result.path, languageOf(result.path), result.message));
      continue;
    }
    files += 1;
    losses += result.analysis.losses.length;
    failed ||= result.analysis.problems.length > 0;
    if (request.format === 'json') reports.push(fileReport(result));
    else terminal.out(explainText(result, paint));
  }
  if (request.format === 'json') terminal.out(json({ version: REPORT_VERSION, files: reports }));
  else if (files > 0) terminal.out(`${explainSummary(files, losses)}\n`);
  return failed ? FAILED : CLEAN;
}

async function checkPaths(request: CheckRequest, terminal: Terminal) {
  const paint = painter(terminal.color);
  const reports: object[] = [];
  let files = 0;
  let findings = 0;
  let failed = false;
  let found = false;
  for await (const result of analyseAll(request.paths, { assumedBatchSize: null, severities: {} }, terminal)) {
    if ('message' in result) {
      failed ||= result.fails;
      continue;
    }
    files += 1;
    findings += result.analysis.findings.length;
    failed ||= result.analysis.problems.length > 0;
    found ||= result.analysis.findings.some(
      ({ severity }) => SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(request.failOn),
    );
    if (request.format === 'json') reports.push(...findingReports(result));
    else for (const finding of result.analysis.findings) terminal.out(findingText(finding, result, paint));
  }
  if (request.format === 'json') terminal.out(json({ version: REPORT_VERSION, findings: reports }));
  else if (files > 0) terminal.out(`${checkSummary(files, findings)}\n`);
  return failed ? FAILED : found ? FOUND : CLEAN;
}

const EXTENSIONS = supportedExtensions.join(' ');
const READ = `Loss Lens reads Python, TypeScript and JavaScript (${EXTENSIONS})`;

interface Unread {
  readonly path: string;
  readonly message: string;
  /** Whether the exit code must tell: a binary file that a search met by chance is only passed over. */
  readonly fails: boolean;
}

/** Analyses one file after the other. What cannot be read is said on the error stream and yielded too. */
async function* analyseAll(
  paths: readonly string[],
  options: AnalyzeOptions,
  terminal: Terminal,
): AsyncGenerator<AnalysedFile | Unread> {
  const complain = (problem: Unread) => {
    terminal.error(`loss-lens: ${problem.path} ${problem.message}\n`);
    return problem;
  };
  const { files, problems } = await findFiles(paths, terminal.cwd);
  for (const { path: given, message } of problems) {
    const unsupported = message.endsWith(EXTENSIONS);
    yield complain({ path: given, message: unsupported ? `is not supported: ${READ}` : message, fails: true });
  }
  if (files.length === 0 && problems.length === 0) terminal.error(`loss-lens: nothing to read here: ${READ}\n`);
  for (const { path: file, within } of files) {
    const language = languageOf(file);
    if (!language) continue;
    const source = await readSource(path.resolve(terminal.cwd, file));
    if (source.text === null) {
      yield complain({ path: file, message: source.message, fails: source.reason === 'unreadable' || within === null });
      continue;
    }
    if (source.encoding === 'UTF-16') terminal.error(`loss-lens: ${file} is read as UTF-16\n`);
    const { text } = source;
    const parser = await loadParser(language);
    // Whoever names a file wants to read of its losses, even if it is a test.
    const name = within ?? `named${path.extname(file)}`;
    const analysis = analyze({ text, language, path: name }, options, parser);
    parser.forget(name);
    const result = { path: file, text, lines: new Lines(text), analysis };
    if (analysis.problems.length > 0) terminal.error(problemText(result));
    yield result;
  }
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
