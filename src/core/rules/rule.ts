import type { Finding, Loss, Severity, Site } from '../analysis.ts';

/** What a rule may ask: values with their traces. Never source text, never a framework's name. */
export interface Facts {
  readonly sites: readonly Site[];
  readonly losses: readonly Loss[];
}

/** A rule is data and one question. Its documentation, its setting and its place in reports come from the data. */
export interface Rule {
  /** Names the bad pattern, so that "allow <name>" reads well. */
  readonly name: string;
  /** One sentence: what it finds. */
  readonly summary: string;
  /** Why it is bad, for its page. */
  readonly why: string;
  readonly defaultSeverity: Severity;
  check(facts: Facts): Omit<Finding, 'rule' | 'severity'>[];
}
