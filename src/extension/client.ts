/** The language client: which documents the server sees, and what VS Code adds to its answers. */
import * as vscode from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import { SHOW_EXPLANATION } from './pages.ts';

const LANGUAGES = ['python', 'typescript', 'typescriptreact', 'javascript', 'javascriptreact'];

/** Saved, unsaved and virtual files. Not the cells of a notebook, which make no sense one by one, nor the old side of a diff. */
const SCHEMES = ['file', 'untitled', 'vscode-remote', 'vscode-vfs'];

/** A client of the server in `module`, which runs in a process of its own. */
export function createClient(module: string): LanguageClient {
  return new LanguageClient(
    'lossLens',
    'Loss Lens',
    { module, transport: TransportKind.ipc },
    {
      documentSelector: SCHEMES.flatMap((scheme) => LANGUAGES.map((language) => ({ scheme, language }))),
      initializationOptions: { pageCommand: SHOW_EXPLANATION },
      middleware: {
        async provideHover(document, position, token, next) {
          const hover = await next(document, position, token);
          return hover && new vscode.Hover([...hover.contents, pageLink(document.uri)], hover.range);
        },
      },
    },
  );
}

/**
 * The link that ends a hover. Only what is written here may run a command, and only this one: the server's part quotes
 * source code, and is not trusted.
 */
function pageLink(uri: vscode.Uri): vscode.MarkdownString {
  const target = encodeURIComponent(JSON.stringify([uri.toString()]));
  const label = vscode.l10n.t('Show all losses beside the code');
  const link = new vscode.MarkdownString(`[$(open-preview) ${label}](command:${SHOW_EXPLANATION}?${target})`, true);
  link.isTrusted = { enabledCommands: [SHOW_EXPLANATION] };
  return link;
}
