import assert from 'node:assert/strict';
import type { Analysis } from '../../src/core/analysis.ts';
import { analyze } from '../../src/core/analyze.ts';
import { languageOf } from '../../src/workspace/files.ts';
import { loadParser } from '../../src/workspace/parsers.ts';

/** The analysis of a source under default options; the path gives its language. */
export async function analyzeText(text: string, path: string): Promise<Analysis> {
  const language = languageOf(path);
  assert.ok(language, path);
  return analyze({ text, language, path }, { assumedBatchSize: null, severities: {} }, await loadParser(language));
}
