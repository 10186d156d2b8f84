/** The language server without its transport: documents go in, views come out. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Analysis, AnalyzeDocument, AnalyzeOptions, Language } from '../core/analysis.ts';
import type { Parser } from '../core/syntax/parser.ts';
import { type Document, View } from './view.ts';

/** What the session asks of the program around it. */
export interface Host {
  loadParser(language: Language): Promise<Parser>;
  analyze(document: AnalyzeDocument, options: AnalyzeOptions, parser: Parser): Analysis;
  /** The user's settings for a document. */
  settings(uri: string): Promise<Settings>;
  /** A document has a new view, or none where its language is switched off. */
  changed(uri: string, view: View | null): void;
  failed(error: unknown): void;
}

export interface Settings extends AnalyzeOptions {
  /** Language identifiers of the documents that are analysed. */
  readonly languages: readonly string[];
  readonly codeLens: boolean;
}

const LANGUAGES: Readonly<Record<string, { readonly language: Language; readonly extension: string }>> = {
  python: { language: 'python', extension: '.py' },
  typescript: { language: 'typescript', extension: '.ts' },
  typescriptreact: { language: 'typescript', extension: '.tsx' },
  javascript: { language: 'javascript', extension: '.js' },
  javascriptreact: { language: 'javascript', extension: '.jsx' },
};

/** What editors call the languages that are analysed. */
export const LANGUAGE_IDENTIFIERS: readonly string[] = Object.keys(LANGUAGES);

/** Keystrokes that follow each other faster than this are analysed together. */
const MIN_DELAY = 120;
const MAX_DELAY = 2000;

/** One document that an editor has open. */
interface Open {
  /** Keeps documents of the same path in different roots apart. */
  readonly id: number;
  document: Document;
  view: View | null;
  /** The analysis under way: it ends with the newest version, however many came in between. */
  pending: Promise<void> | null;
  /** Milliseconds of rest before an analysis; long where analyses take long, so that typing never waits for them. */
  delay: number;
}

export class Session {
  readonly #host: Host;
  readonly #open = new Map<string, Open>();
  #opened = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /** A document was opened or edited. */
  update(document: Document): void {
    let open = this.#open.get(document.uri);
    if (!open) {
      this.#opened += 1;
      open = { id: this.#opened, document, view: null, pending: null, delay: 0 };
      this.#open.set(document.uri, open);
    }
    open.document = document;
    open.pending ??= this.#settle(open);
  }

  close(uri: string): void {
    const open = this.#open.get(uri);
    this.#open.delete(uri);
    const kind = open && LANGUAGES[open.document.languageId];
    if (open?.view && kind) void this.#host.loadParser(kind.language).then((parser) => parser.forget(nameOf(open)));
  }

  /** Settings have changed: everything is analysed anew. */
  refresh(): void {
    for (const open of this.#open.values()) this.update({ ...open.document });
  }

  /** The view of the newest version; null for a document that is not open, or in no language that is analysed. */
  async view(uri: string): Promise<View | null> {
    await this.#open.get(uri)?.pending;
    return this.#open.get(uri)?.view ?? null;
  }

  /** Analyses until the newest version is analysed; versions that were overtaken are skipped. */
  async #settle(open: Open): Promise<void> {
    const isOpen = () => this.#open.get(open.document.uri) === open;
    let analysed: Document | null = null;
    try {
      while (isOpen() && analysed !== open.document) {
        const { document } = open;
        analysed = document;
        await sleep(open.delay);
        const kind = LANGUAGES[document.languageId];
        if (document !== open.document || !kind) continue;
        const [parser, settings] = await Promise.all([
          this.#host.loadParser(kind.language),
          this.#host.settings(document.uri),
        ]);
        if (document !== open.document || !isOpen()) continue;
        open.view = settings.languages.includes(document.languageId)
          ? this.#analyse(open, kind.language, parser, settings)
          : null;
        this.#host.changed(document.uri, open.view);
      }
    } catch (error) {
      this.#host.failed(error);
    } finally {
      open.pending = null;
    }
  }

  #analyse(open: Open, language: Language, parser: Parser, settings: Settings): View {
    const { document, view } = open;
    const start = performance.now();
    const analysis = this.#host.analyze({ text: document.text, language, path: nameOf(open) }, settings, parser);
    open.delay = Math.min(Math.max(3 * (performance.now() - start), MIN_DELAY), MAX_DELAY);
    return view ? view.next(document, analysis) : new View(document, analysis);
  }
}

/** A name for the parser, with the extension of its language: an unsaved document has none. */
function nameOf({ id, document: { path, languageId } }: Open): string {
  const extension = LANGUAGES[languageId]?.extension ?? '';
  return `${id}/${/\.\w+$/.test(path) ? path : path + extension}`;
}
