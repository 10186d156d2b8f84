/**
 * From an analysis to words: what lens, hover and command line say. Nothing here calculates: the numbers come from
 * `advice`, the facts from the analysis.
 */
import type { Analysis, Loss, Range, Site } from './analysis.ts';
import type { Block } from './explain/blocks.ts';
import { lossBlocks } from './explain/loss.ts';
import { siteBlocks } from './explain/site.ts';
import { allTerms } from './explain/verdict.ts';

export type { Block, Inline, List, Paragraph, Table, Words } from './explain/blocks.ts';
export { lensTitle } from './explain/lens.ts';
export { Lines } from './explain/lines.ts';
export { type Place, toMarkdown } from './explain/markdown.ts';

/** What can be explained at one place, and the part of the source that it is about. */
export interface Subject {
  readonly range: Range;
  readonly about: Loss | Site;
}

/**
 * What stands at an offset: the narrowest reduction or loss there. A reduction that leads into a loss is explained by
 * that loss, for it alone knows the settings.
 */
export function subjectAt({ losses, sites }: Analysis, offset: number): Subject | null {
  const at = (range: Range) => range.start <= offset && offset <= range.end;
  const site = narrowest(sites.filter(({ range }) => at(range)));
  if (site) return { range: site.range, about: losses.find((loss) => leadsInto(site, loss)) ?? site };
  const loss = narrowest(losses.filter(({ range, sinkRange }) => at(range) || at(sinkRange)));
  return loss && { range: at(loss.range) ? loss.range : loss.sinkRange, about: loss };
}

function leadsInto(site: Site, loss: Loss): boolean {
  return allTerms(loss).some((term) => [term, ...term.trace].some(({ range }) => sameRange(range, site.range)));
}

function sameRange(a: Range, b: Range): boolean {
  return a.start === b.start && a.end === b.end;
}

function narrowest<T extends { readonly range: Range }>(items: readonly T[]): T | null {
  const length = ({ range }: T) => range.end - range.start;
  return items.reduce<T | null>((best, item) => (best && length(best) <= length(item) ? best : item), null);
}

/** The explanation of what stands at a place. */
export function explain({ about }: Subject): Block[] {
  return 'sink' in about ? lossBlocks(about) : siteBlocks(about);
}
