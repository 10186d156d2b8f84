/**
 * An explanation before it has a form: the hover and the page render it as Markdown, the command line as columns of
 * text. Keeping the two renderers ignorant of losses, and the words ignorant of the renderers, is what lets all three
 * say the same.
 */
import type { Range } from '../analysis.ts';

/**
 * A piece of running text: plain words, source code, stress, or a place in the file, shown as
 * `line 24` (a bare one as `24`) and linked where links work.
 */
export type Inline =
  | string
  | { readonly code: string }
  | { readonly strong: string }
  | { readonly place: Range; readonly bare?: boolean };

export type Words = readonly Inline[];

export interface Paragraph {
  readonly kind: 'paragraph';
  readonly words: Words;
}

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/**
 * The title of the first column says what the table is about: a heading of its own would cost a line of a small hover.
 */
export interface Table {
  readonly kind: 'table';
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Words[])[];
  /** A footnote, e.g. the name of the heuristic behind a starred column. */
  readonly note: string | null;
}

export interface List {
  readonly kind: 'list';
  readonly heading: string;
  readonly items: readonly Words[];
}

export type Block = Paragraph | Table | List;
