/** Pages: everything about the losses of one file, as a Markdown preview beside the code that follows every edit. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { PAGE_REQUEST, type PageParameters, parsePageResult } from '../protocol.ts';

export const SHOW_EXPLANATION = 'lossLens.showExplanation';

const SCHEME = 'loss-lens';

export class Pages implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #client: LanguageClient;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #disposables: readonly vscode.Disposable[];
  readonly onDidChange = this.#changed.event;

  constructor(client: LanguageClient) {
    this.#client = client;
    this.#disposables = [
      this.#changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#follow(document.uri)),
      vscode.commands.registerCommand(SHOW_EXPLANATION, show),
    ];
  }

  /** Asks the server, which answers when it has analysed the newest version. A page may outlive its file's editor. */
  async provideTextDocumentContent(page: vscode.Uri, token: vscode.CancellationToken): Promise<string> {
    const source = vscode.Uri.parse(page.query, true);
    if (source.scheme !== 'untitled') await vscode.workspace.openTextDocument(source);
    const parameters: PageParameters = { uri: this.#client.code2ProtocolConverter.asUri(source) };
    const answer = await this.#client.sendRequest(PAGE_REQUEST, parameters, token);
    return parsePageResult(answer) ?? vscode.l10n.t('Loss Lens does not analyse this file.');
  }

  dispose(): void {
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  #follow(source: vscode.Uri): void {
    const query = source.toString();
    for (const { uri } of vscode.workspace.textDocuments) {
      if (uri.scheme === SCHEME && uri.query === query) this.#changed.fire(uri);
    }
  }
}

/** Shows the page of a document, of the active one when called without arguments. */
async function show(source?: string): Promise<void> {
  const uri = source === undefined ? vscode.window.activeTextEditor?.document.uri : vscode.Uri.parse(source, true);
  if (!uri) {
    void vscode.window.showInformationMessage(vscode.l10n.t('Open a file that trains a model first.'));
    return;
  }
  await vscode.commands.executeCommand('markdown.showPreviewToSide', pageOf(uri));
}

/** The path only names the tab; the query says which document the page is about. */
function pageOf(source: vscode.Uri): vscode.Uri {
  const name = source.path.slice(source.path.lastIndexOf('/') + 1);
  return vscode.Uri.from({ scheme: SCHEME, path: `/${name} losses`, query: source.toString() });
}
