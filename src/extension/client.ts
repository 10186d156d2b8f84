/** The language client: which documents the server sees, and what VS Code adds to its answers. */
import * as vscode from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import {
  COMPARE_REQUEST,
  type CompareParameters,
  type CompareRequest,
  type CompareResult,
  parseCompareResult,
} from '../protocol.ts';
import { SHOW_EXPLANATION } from './pages.ts';

/** The command that compares the reductions of a loss; its argument is a `CompareRequest`. */
export const COMPARE = 'lossLens.compare';

const LANGUAGES = ['python', 'typescript', 'typescriptreact', 'javascript', 'javascriptreact'];

/** Saved, unsaved and virtual files. Not the cells of a notebook, which make no sense one by one, nor the old side of a diff. */
const SCHEMES = ['file', 'untitled', 'vscode-remote', 'vscode-vfs'];

/** A client of the server in `module`, which runs in a process of its own. */
export function createClient(module: string): LanguageClient {
  const client: LanguageClient = new LanguageClient(
    'lossLens',
    'Loss Lens',
    { module, transport: TransportKind.ipc },
    {
      documentSelector: SCHEMES.flatMap((scheme) => LANGUAGES.map((language) => ({ scheme, language }))),
      initializationOptions: { pageCommand: SHOW_EXPLANATION, compareCommand: COMPARE },
      middleware: {
        async provideHover(document, position, token, next) {
          const hover = await next(document, position, token);
          if (!hover) return hover;
          const comparison = await comparisonAt(client, document, position, false);
          return new vscode.Hover([...hover.contents, links(document.uri, comparison)], hover.range);
        },
      },
    },
  );
  return client;
}

/** The comparison of the loss that is closest to a position; null where no loss of the document can be compared. */
export function requestComparison(
  client: LanguageClient,
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<CompareRequest | null> {
  return comparisonAt(client, document, position, true);
}

async function comparisonAt(
  client: LanguageClient,
  document: vscode.TextDocument,
  { line, character }: vscode.Position,
  nearest: boolean,
): Promise<CompareResult> {
  const uri = client.code2ProtocolConverter.asUri(document.uri);
  const parameters: CompareParameters = { uri, position: { line, character }, nearest };
  return parseCompareResult(await client.sendRequest(COMPARE_REQUEST, parameters));
}

/**
 * The links that end a hover. Only what is written here may run a command, and only these two: the server's part quotes
 * source code, and is not trusted.
 */
function links(uri: vscode.Uri, comparison: CompareRequest | null): vscode.MarkdownString {
  const page = link('open-preview', vscode.l10n.t('Show all losses beside the code'), SHOW_EXPLANATION, uri.toString());
  const compare = comparison && link('graph-line', vscode.l10n.t('Compare sum vs mean'), COMPARE, comparison);
  const markdown = new vscode.MarkdownString(compare ? `${compare} &nbsp; ${page}` : page, true);
  markdown.isTrusted = { enabledCommands: [SHOW_EXPLANATION, COMPARE] };
  return markdown;
}

function link(icon: string, label: string, command: string, argument: unknown): string {
  // Parentheses, which stay as they are, would end the link.
  const target = encodeURIComponent(JSON.stringify([argument]))
    .replaceAll('(', '%28')
    .replaceAll(')', '%29');
  return `[$(${icon}) ${label}](command:${command}?${target})`;
}
