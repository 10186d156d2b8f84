/** The VS Code side: it starts the language server and shows what the server says. It analyses nothing itself. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { createClient, requestComparison } from './client.ts';
import { Pages } from './pages.ts';
import { Panels } from './panel/panels.ts';

let client: LanguageClient | undefined;
let panels: Panels | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const started = createClient(context.asAbsolutePath('dist/server.mjs'));
  client = started;
  panels = new Panels(context, async () => {
    const editor = vscode.window.activeTextEditor;
    return editor ? requestComparison(started, editor.document, editor.selection.active) : null;
  });
  context.subscriptions.push(
    panels,
    new Pages(started),
    vscode.commands.registerCommand('lossLens.restartServer', () => started.restart()),
    vscode.commands.registerCommand('lossLens.toggleCodeLens', toggleCodeLens),
  );
  await started.start();
}

export async function deactivate(): Promise<void> {
  await Promise.all([client?.stop(), panels?.end()]);
}

/** Changes the setting where it is set: in the workspace if it is set there, otherwise for the user. */
async function toggleCodeLens(): Promise<void> {
  const setting = 'codeLens.enabled';
  const settings = vscode.workspace.getConfiguration('lossLens', vscode.window.activeTextEditor?.document);
  const { workspaceFolderValue, workspaceValue } = settings.inspect<boolean>(setting) ?? {};
  const target =
    workspaceFolderValue !== undefined
      ? vscode.ConfigurationTarget.WorkspaceFolder
      : workspaceValue !== undefined
        ? vscode.ConfigurationTarget.Workspace
        : vscode.ConfigurationTarget.Global;
  await settings.update(setting, !settings.get<boolean>(setting), target);
}
