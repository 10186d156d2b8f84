/** One reduction, explained: a metric, a penalty, or a part of a loss that no lens covers. */
import type { Role, Site } from '../analysis.ts';
import type { Block, Words } from './blocks.ts';
import { list, trace } from './loss.ts';
import { capitalised, growthWords, listWords, reductionWords } from './words.ts';

const ROLES: Readonly<Record<Role, string>> = {
  'data-loss': 'It depends on the examples',
  penalty: 'It depends on the weights alone',
  metric: 'It is measured, not trained on',
  other: 'It is not a loss of its own',
};

/** The explanation of a reduction that belongs to no explained loss. */
export function siteBlocks(site: Site): Block[] {
  return [{ kind: 'paragraph', words: siteLead(site) }, ...trace(site.trace), ...list('Assumed', site.assumed)];
}

function siteLead(site: Site): Words {
  if (site.reason !== undefined) {
    return [{ strong: 'This reduction cannot be told.' }, ` ${capitalised(site.reason)}.`];
  }
  const others = site.alternatives.length > 0 ? ` It may also be: ${listWords(site.alternatives)}.` : '';
  const growth =
    site.role === 'metric' || site.role === 'other' ? '' : `; its gradient is ∝ ${growthWords(site.degrees)}`;
  return [
    { strong: `${capitalised(reductionWords(site))}.` },
    ` ${ROLES[site.role]}${growth}.${others} `,
    { code: site.api },
  ];
}
