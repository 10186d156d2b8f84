/** Makes a random loss that shows a mistake as small as it can be, for whoever has to read it. */
import { axesOf, type Expression, number, partsOf } from './expression.ts';

/** The simplest losses in which the mistake is still found, step by step. */
export function simplify(
  terms: readonly Expression[],
  fails: (terms: readonly Expression[]) => boolean,
): readonly Expression[] {
  const simpler = simplerLists(terms).find(fails);
  return simpler ? simplify(simpler, fails) : terms;
}

function simplerLists(terms: readonly Expression[]): (readonly Expression[])[] {
  const shorter = terms.length > 1 ? terms.map((_, i) => terms.toSpliced(i, 1)) : [];
  return [...shorter, ...terms.flatMap((term, i) => simplerForms(term).map((form) => terms.with(i, form)))];
}

/** One step simpler: the expression replaced by a part of it or by a plain one of the same axes, or one of its parts made simpler. */
function simplerForms(e: Expression): Expression[] {
  const axes = axesOf(e).join();
  const parts = partsOf(e).filter((part) => axesOf(part).join() === axes);
  const plain = PLAIN.filter((p) => axesOf(p).join() === axes && size(p) < size(e));
  return [...plain, ...parts, ...innerForms(e)];
}

const PLAIN: readonly Expression[] = [
  { is: 'elements', loss: 'squared' },
  { is: 'examples' },
  { is: 'criterion', loss: 'classes', reduction: 'mean' },
  number(1),
];

function innerForms(e: Expression): Expression[] {
  if ('left' in e) {
    return [
      ...simplerForms(e.left).map((left) => ({ ...e, left })),
      ...simplerForms(e.right).map((right) => ({ ...e, right })),
    ];
  }
  return 'of' in e ? simplerForms(e.of).map((of) => ({ ...e, of })) : [];
}

const size = (e: Expression): number => 1 + partsOf(e).reduce((sum, part) => sum + size(part), 0);
