/** The line to the extension. */
import type { PanelRequest, PanelState } from '../src/protocol.ts';

interface VsCode {
  postMessage(message: PanelRequest): void;
  getState(): unknown;
  setState(state: PanelState): void;
}

declare function acquireVsCodeApi(): VsCode;

const vscode = acquireVsCodeApi();

export const ask = (request: PanelRequest): void => vscode.postMessage(request);

/** Keeps what a panel needs to come back after a reload of the window. */
export const keep = (state: PanelState): void => vscode.setState(state);
