/** What an editor sees of a document: an analysis, in the places of the text as it stands now. */
import type { Analysis, Finding, Range } from '../core/analysis.ts';
import { type Block, explain, Lines, lensTitle, type Place, subjectAt, toMarkdown } from '../core/explain.ts';
import { Edit } from './edit.ts';

export interface Document {
  readonly uri: string;
  readonly languageId: string;
  readonly version: number;
  readonly text: string;
}

export interface Lens {
  readonly range: Range;
  readonly title: string;
}

export interface Hover {
  readonly range: Range;
  readonly markdown: string;
}

/**
 * An analysis shown in a document. It may be that of an earlier text: then its places are carried over, so that hints
 * stay where they belong while a line is half typed.
 */
export class View {
  readonly document: Document;
  readonly lines: Lines;
  readonly #analysis: Analysis;
  readonly #analysedText: string;
  readonly #edit: Edit;

  constructor(document: Document, analysis: Analysis, analysedText = document.text) {
    this.document = document;
    this.lines = new Lines(document.text);
    this.#analysis = analysis;
    this.#analysedText = analysedText;
    this.#edit = new Edit(analysedText, document.text);
  }

  /**
   * The view after an edit: the new analysis, or this one where the edit left the text so broken that losses got lost.
   */
  next(document: Document, analysis: Analysis): View {
    const carried = new View(document, this.#analysis, this.#analysedText);
    const broken = analysis.problems.length > this.#analysis.problems.length || analysis.incomplete !== undefined;
    const unread = analysis.problems.some(({ range }) => range.end === 0);
    const lost = analysis.losses.length < carried.lenses().length;
    return unread || (broken && lost) ? carried : new View(document, analysis);
  }

  /** One lens for each loss; none for a loss whose text was deleted. */
  lenses(): Lens[] {
    return this.#analysis.losses.flatMap((loss) => {
      const range = this.#now(loss.range);
      return range.start < range.end ? [{ range, title: lensTitle(loss) }] : [];
    });
  }

  findings(): Finding[] {
    return this.#analysis.findings.map((finding) => ({
      ...finding,
      range: this.#now(finding.range),
      related: finding.related.map(({ range, message }) => ({ range: this.#now(range), message })),
    }));
  }

  /** The explanation of what stands at an offset, null where nothing does. */
  hover(offset: number): Hover | null {
    const subject = subjectAt(this.#analysis, this.#edit.before(offset));
    return subject && { range: this.#now(subject.range), markdown: this.#markdown(explain(subject)) };
  }

  /** All losses of the document on one page. */
  page(): string {
    const { losses } = this.#analysis;
    const name = decoded(this.document.uri.slice(this.document.uri.lastIndexOf('/') + 1));
    if (losses.length === 0) return `# ${name}\n\nNo loss is trained on in this file.\n`;
    const sections = losses.map((loss) => {
      const { line, link } = this.#place(loss.range);
      const title = `## ${link ? `[Line ${line}](${link})` : `Line ${line}`}: ${lensTitle(loss)}`;
      return `${title}\n\n${this.#markdown(explain({ range: loss.range, about: loss }))}`;
    });
    return `# ${name}\n\n${sections.join('\n\n---\n\n')}\n`;
  }

  #markdown(blocks: Block[]): string {
    return toMarkdown(blocks, (range) => this.#place(range));
  }

  /** Editors open links to files only; a document that was never saved is named by its lines. */
  #place(range: Range): Place {
    const { uri } = this.document;
    const { line } = this.lines.at(this.#now(range).start);
    const linked = /^(file|vscode-remote):/.test(uri);
    return { line, link: linked ? `${uri.replace(/[()]/g, encodeParenthesis)}#L${line}` : null };
  }

  #now(range: Range): Range {
    return this.#edit.after(range);
  }
}

function encodeParenthesis(parenthesis: string): string {
  return parenthesis === '(' ? '%28' : '%29';
}

function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}
