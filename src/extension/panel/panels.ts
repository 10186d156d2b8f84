/** "Compare sum vs mean": the command, the panels that it opens, their return after a reload, and the editor of saved runs. */
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { draftOf, draftOfRun } from '../../experiment/draft.ts';
import {
  type CompareRequest,
  type Draft,
  parseCompareRequest,
  parsePanelState,
  parseSavedRun,
  type SavedRun,
} from '../../protocol.ts';
import { COMPARE } from '../client.ts';
import { type Places, RUN_EDITOR, Session } from './session.ts';

export const COMPARE_PANEL = 'lossLens.compare';

/** Finds the comparison that the active editor offers; null where there is none. */
export type FindComparison = () => Promise<CompareRequest | null>;

export class Panels implements vscode.Disposable {
  readonly #places: Places;
  readonly #findComparison: FindComparison;
  readonly #sessions = new Set<Session>();
  readonly #disposables: readonly vscode.Disposable[];

  constructor(context: vscode.ExtensionContext, findComparison: FindComparison) {
    this.#places = {
      dist: vscode.Uri.joinPath(context.extensionUri, 'dist'),
      runs: vscode.Uri.joinPath(context.globalStorageUri, 'runs'),
      native: vscode.Uri.joinPath(context.globalStorageUri, 'native'),
      trainings: context.workspaceState,
    };
    this.#findComparison = findComparison;
    this.#disposables = [
      vscode.commands.registerCommand(COMPARE, (request?: unknown) => this.#compare(request)),
      vscode.window.registerWebviewPanelSerializer(COMPARE_PANEL, {
        deserializeWebviewPanel: (panel, state: unknown) => this.#restore(panel, state),
      }),
      vscode.window.registerCustomEditorProvider(
        RUN_EDITOR,
        {
          openCustomDocument: (uri) => ({ uri, dispose: () => {} }),
          resolveCustomEditor: (document, panel) => this.#openRun(panel, document.uri),
        },
        { supportsMultipleEditorsPerDocument: true },
      ),
    ];
  }

  /** Waits until no process is left. */
  async end(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.end()));
  }

  dispose(): void {
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  async #compare(given: unknown): Promise<void> {
    const request = given === undefined ? await this.#findComparison() : parseCompareRequest(given);
    const panel = vscode.window.createWebviewPanel(
      COMPARE_PANEL,
      vscode.l10n.t('Compare sum vs mean'),
      vscode.ViewColumn.Active,
    );
    this.#open(panel, randomUUID(), draftOf(request), request, null);
  }

  /** Shows a panel again as it was; a run that the end of the window stopped can go on. */
  async #restore(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const known = parsePanelState(state);
    if (!known) return this.#open(panel, randomUUID(), draftOf(null), null, null);
    // The process of the window before may still be saving.
    await untilGone(this.#places.trainings.get<number>(known.id));
    const file = vscode.Uri.joinPath(this.#places.runs, `${known.id}.lossrun.json`);
    const run = await read(file).catch(() => null);
    this.#open(panel, known.id, known.draft, known.request, run && { file, run, isDocument: false });
  }

  async #openRun(panel: vscode.WebviewPanel, file: vscode.Uri): Promise<void> {
    try {
      const run = await read(file);
      this.#open(panel, randomUUID(), draftOfRun(run), null, { file, run, isDocument: true });
    } catch (error) {
      panel.dispose();
      const name = file.path.slice(file.path.lastIndexOf('/') + 1);
      void vscode.window.showErrorMessage(
        vscode.l10n.t('{0} cannot be shown as a run: {1}', name, (error as Error).message),
      );
    }
  }

  #open(
    panel: vscode.WebviewPanel,
    id: string,
    draft: Draft,
    request: CompareRequest | null,
    saved: { readonly file: vscode.Uri; readonly run: SavedRun; readonly isDocument: boolean } | null,
  ): void {
    const session = new Session(panel, this.#places, { id, draft, request, saved });
    this.#sessions.add(session);
    panel.onDidDispose(() => {
      this.#sessions.delete(session);
      session.dispose();
    });
  }
}

const read = async (file: vscode.Uri): Promise<SavedRun> =>
  parseSavedRun(new TextDecoder().decode(await vscode.workspace.fs.readFile(file)));

/** Longer than a process may take that nobody listens to any more. */
const PATIENCE_MS = 3000;

/** Waits for the end of a process; not for long, because its number may be another's by now. */
async function untilGone(pid: number | undefined): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (pid !== undefined && isRunning(pid) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
