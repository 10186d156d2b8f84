/** What an editor sees of a document: an analysis, in the places of the text as it stands now. */
import type { Analysis, Finding, Loss, Range } from '../core/analysis.ts';
import { comparisonOf, type Found } from '../core/compare.ts';
import { explain, Lines, lensTitle, type Place, subjectAt, toMarkdown } from '../core/explain.ts';
import type { CompareRequest } from '../protocol.ts';
import { Edit } from './edit.ts';

export interface Document {
  readonly uri: string;
  /** Its place in the workspace, which tells tests from other code; only its name where it lies outside. */
  readonly path: string;
  readonly languageId: string;
  readonly version: number;
  readonly text: string;
}

export interface Lens {
  readonly range: Range;
  readonly title: string;
  /** Null where the loss cannot be compared. */
  readonly comparison: CompareRequest | null;
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
    return this.#analysis.losses
      .filter((loss) => !this.#isDeleted(loss))
      .map((loss) => ({
        range: this.#now(loss.range),
        title: lensTitle(loss),
        comparison: this.#comparison(loss),
      }));
  }

  /** The comparison that the loss explained at an offset offers. */
  comparisonAt(offset: number): CompareRequest | null {
    const subject = subjectAt(this.#analysis, this.#edit.before(offset));
    return subject && 'sink' in subject.about ? this.#comparison(subject.about) : null;
  }

  /** The comparison of the closest loss that offers one: by where it is made, or by where it is trained on. */
  comparisonNear(offset: number): CompareRequest | null {
    const distance = (range: Range) => {
      const { start, end } = this.#now(range);
      return Math.max(start - offset, offset - end, 0);
    };
    const candidates = this.#analysis.losses.flatMap((loss) => {
      const comparison = this.#isDeleted(loss) ? null : this.#comparison(loss);
      return comparison ? [{ comparison, distance: Math.min(distance(loss.range), distance(loss.sinkRange)) }] : [];
    });
    return candidates.sort((a, b) => a.distance - b.distance)[0]?.comparison ?? null;
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
    if (!subject) return null;
    const markdown = toMarkdown(explain(subject), (range) => this.#place(range));
    return { range: this.#now(subject.range), markdown };
  }

  /** All losses of the document on one page. It names lines without linking them: previews follow no links to files. */
  page(): string {
    const { losses } = this.#analysis;
    const { uri, text } = this.document;
    const title = `# ${fileName(uri)}`;
    if (losses.length === 0) return `${title}\n\nNo loss is trained on in this file.\n`;
    const lineOf = (range: Range) => ({ line: this.#place(range).line, link: null });
    const sections = losses.map((loss) => {
      const { start, end } = this.#now(loss.range);
      const source = text.slice(start, end).replace(/\s+/g, ' ');
      const explanation = toMarkdown(explain({ range: loss.range, about: loss }), lineOf);
      return `## Line ${lineOf(loss.range).line}\n\n    ${source}\n\n*${lensTitle(loss)}*\n\n${explanation}`;
    });
    return `${[title, ...sections].join('\n\n')}\n`;
  }

  /** Editors open links to files only; a document that was never saved is named by its lines. */
  #place(range: Range): Place {
    const { uri } = this.document;
    const { line } = this.lines.at(this.#now(range).start);
    const linked = /^(file|vscode-remote):/.test(uri);
    return { line, link: linked ? `${uri.replace(/[()]/g, encodeParenthesis)}#L${line}` : null };
  }

  #comparison(loss: Loss): CompareRequest | null {
    const comparison = comparisonOf(loss);
    if (!comparison) return null;
    const found = <T>(setting: Found<T> | null) =>
      setting && { value: setting.value, place: this.#settingPlace(setting.range), isDefault: setting.isDefault };
    return {
      place: this.#settingPlace(comparison.range),
      reduction: found(comparison.reduction),
      batchSize: found(comparison.batchSize),
      learningRate: found(comparison.learningRate),
      optimizer: found(comparison.optimizer),
      weightDecay: found(comparison.weightDecay),
      decay: found(comparison.decay),
      clipNorm: found(comparison.clipNorm),
      epsilon: found(comparison.epsilon),
      notes: [...comparison.notes],
    };
  }

  #settingPlace(range: Range): CompareRequest['place'] {
    const { uri } = this.document;
    const { line, column } = this.lines.at(this.#now(range).start);
    return { uri, label: `${fileName(uri)}:${line}`, line: line - 1, column: column - 1 };
  }

  #isDeleted(loss: Loss): boolean {
    const { start, end } = this.#now(loss.range);
    return start === end;
  }

  #now(range: Range): Range {
    return this.#edit.after(range);
  }
}

function encodeParenthesis(parenthesis: string): string {
  return parenthesis === '(' ? '%28' : '%29';
}

/** The last part of an address, for people; of a document that was never saved its name without the scheme. */
function fileName(uri: string): string {
  const name = uri.replace(/^.*[/:]/, '');
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
