/** The page of a panel. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** What the page may load: our own script and style, and nothing from anywhere else. */
export function pageOf(webview: vscode.Webview, dist: vscode.Uri): string {
  const nonce = randomBytes(16).toString('base64url');
  const address = (file: string) => webview.asWebviewUri(vscode.Uri.joinPath(dist, file)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    'img-src data: blob:',
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${vscode.l10n.t('Compare sum vs mean')}</title>
<link rel="stylesheet" href="${address('webview.css')}">
</head>
<body>
<main id="panel"></main>
<script nonce="${nonce}" type="module" src="${address('webview.js')}"></script>
</body>
</html>`;
}
