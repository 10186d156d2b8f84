/** Whether two values say the same about a loss, so that branches which do not matter collapse. */
import { showRow } from '../degree/axes.ts';
import { degreesOf, isNominal, keysOf, type Sum } from '../degree/term.ts';
import type { Value } from './values.ts';

export function same(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'sum':
      return b.kind === 'sum' && sameSum(a, b);
    case 'text':
      return b.kind === 'text' && a.value !== null && a.value === b.value;
    case 'truth':
      return b.kind === 'truth' && a.value === b.value;
    case 'nothing':
    case 'tape':
      return true;
    case 'api':
      return b.kind === 'api' && a.name === b.name;
    case 'model':
      return b.kind === 'model' && a.name === b.name;
    case 'closure':
      return b.kind === 'closure' && a.node === b.node && a.self === b.self;
    case 'sequence':
      return (
        b.kind === 'sequence' &&
        a.items.length === b.items.length &&
        a.items.every((v, i) => same(v, b.items[i] as Value))
      );
    case 'loss-object':
      return b.kind === 'loss-object' && a.entry === b.entry && a.range.start === b.range.start;
    case 'optimizer':
      return b.kind === 'optimizer' && a.range.start === b.range.start;
    case 'unknown':
      return b.kind === 'unknown' && a.name === b.name;
    case 'batch':
    case 'batches':
      return (b.kind === 'batch' || b.kind === 'batches') && a.source === b.source;
    default:
      return false;
  }
}

/** Two sums are the same where they were reduced at the same places and scale alike. */
function sameSum(a: Sum, b: Sum): boolean {
  return signature(a) === signature(b);
}

function signature(s: Sum): string {
  const terms = s.terms.map((t) => {
    const degrees = degreesOf(t);
    return [
      keysOf(degrees).map((n) => `${n}${degrees[n]}`),
      t.theta,
      t.examples,
      t.value,
      t.unknown !== null,
      isNominal(t),
      t.coefficient?.text ?? '',
      t.operations.map((o) => `${o.range.start}-${o.range.end}`),
      t.operations.length ? '' : t.range.start,
    ].join('|');
  });
  return `${showRow(s.row)} ${terms.sort().join(' + ')}`;
}
