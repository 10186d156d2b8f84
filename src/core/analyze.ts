/** The door to the core: a document in, plain data out. */
import type { Analysis, AnalyzeDocument, AnalyzeOptions } from './analysis.ts';
import { Interpreter } from './interpreter/interpreter.ts';
import { isTestPath } from './interpreter/names.ts';
import { report } from './report/report.ts';
import { check } from './rules/index.ts';
import type { Parser } from './syntax/parser.ts';

/**
 * Analyses one document. Pure and synchronous; never throws: what cannot be parsed or followed is said in `problems`, in `incomplete`, or in the reason
 * beside a value.
 */
export function analyze(document: AnalyzeDocument, options: AnalyzeOptions, parser: Parser): Analysis {
  const empty = { language: document.language, problems: [], sites: [], losses: [], findings: [] };
  try {
    const module = parser.parse(document.text, document.path);
    let interpreter = new Interpreter(document.text, document.language);
    interpreter.run(module);
    if (interpreter.collections.grewAfterRead) {
      // A graph collection may be read before the function that fills it was walked: the second walk starts with what the first one found.
      const second = new Interpreter(document.text, document.language, interpreter);
      second.run(module);
      interpreter = second;
    }
    const { sites, losses } = report(interpreter, options.assumedBatchSize);
    const facts = {
      language: document.language,
      problems: module.problems,
      sites,
      losses: isTestPath(document.path) ? [] : losses,
    };
    const analysis: Analysis = {
      ...facts,
      findings: check(facts, options),
      ...(interpreter.incomplete === null ? {} : { incomplete: interpreter.incomplete }),
    };
    return analysis;
  } catch (error) {
    return { ...empty, incomplete: `the analysis stopped: ${error instanceof Error ? error.message : String(error)}` };
  }
}
