import type { Module } from './tree.ts';

/** Source text to tree, for one language. Never throws; a document is named so that incremental parsers can reuse its last tree. */
export interface Parser {
  /**
   * @param text the whole document
   * @param path the document's name: its extension decides about JSX, and the same path again is parsed incrementally where that is possible
   */
  parse(text: string, path: string): Module;
  /** Lets go of what is kept for a document that was closed. */
  forget(path: string): void;
}
