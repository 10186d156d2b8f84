import type { AnalyzeOptions, Finding } from '../analysis.ts';
import { meanDividedByBatch } from './mean-divided-by-batch.ts';
import { penaltyDriftsWithBatch } from './penalty-drifts-with-batch.ts';
import type { Facts, Rule } from './rule.ts';

export type { Facts, Rule } from './rule.ts';

/** Every rule, in the order of its name. */
export const rules: readonly Rule[] = [meanDividedByBatch, penaltyDriftsWithBatch];

/** What the rules find, with the severities that the user asked for. */
export function check(facts: Facts, options: Pick<AnalyzeOptions, 'severities'>): Finding[] {
  return rules
    .flatMap((rule) => {
      const severity = options.severities[rule.name] ?? rule.defaultSeverity;
      return severity === 'off' ? [] : rule.check(facts).map((f) => ({ ...f, rule: rule.name, severity }));
    })
    .sort((a, b) => a.range.start - b.range.start);
}
