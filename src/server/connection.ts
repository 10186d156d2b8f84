/** The Language Server Protocol around a session. */
import {
  type CodeLens,
  CodeLensRefreshRequest,
  type Connection,
  type Diagnostic,
  DiagnosticSeverity,
  DidChangeConfigurationNotification,
  type InitializeParams,
  type InitializeResult,
  type Position,
  type Range as ProtocolRange,
  TextDocumentSyncKind,
  TextDocuments,
  type WorkspaceFolder,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import manifest from '../../package.json' with { type: 'json' };
import type { Finding, Range, Severity } from '../core/analysis.ts';
import type { Lines } from '../core/explain.ts';
import {
  COMPARE_REQUEST,
  type CompareResult,
  PAGE_REQUEST,
  type PageResult,
  parseCompareParameters,
  parseConfiguration,
  parseInitializationOptions,
  parsePageParameters,
} from '../protocol.ts';
import { type Host, LANGUAGE_IDENTIFIERS, Session, type Settings } from './session.ts';
import type { View } from './view.ts';

const SEVERITIES: Readonly<Record<Severity, DiagnosticSeverity>> = {
  information: DiagnosticSeverity.Information,
  warning: DiagnosticSeverity.Warning,
  error: DiagnosticSeverity.Error,
};

/** Answers a client; `parsing` is what the session needs of the core and of the disk. */
export function serve(connection: Connection, parsing: Pick<Host, 'loadParser' | 'analyze'>): void {
  const documents = new TextDocuments(TextDocument);
  const configuration = new ConfigurationCache(connection);
  let client: InitializeParams['capabilities'] = {};
  let commands: ReturnType<typeof parseInitializationOptions> = {};
  let folders: readonly WorkspaceFolder[] = [];

  const session = new Session({
    ...parsing,
    settings: (uri) => configuration.of(uri),
    changed: (uri, view) => {
      const version = view ? { version: view.document.version } : {};
      void connection.sendDiagnostics({ uri, ...version, diagnostics: view ? diagnosticsOf(view) : [] });
    },
    failed: (error) =>
      connection.console.error(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });

  connection.onInitialize((parameters): InitializeResult => {
    client = parameters.capabilities;
    configuration.supported = client.workspace?.configuration === true;
    folders = parameters.workspaceFolders ?? [];
    commands = parseInitializationOptions(parameters.initializationOptions);
    return {
      serverInfo: { name: manifest.displayName, version: manifest.version },
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Incremental,
        codeLensProvider: { resolveProvider: false },
        hoverProvider: true,
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
    };
  });
  connection.onInitialized(() => {
    if (client.workspace?.workspaceFolders) {
      connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        const gone = new Set(removed.map(({ uri }) => uri));
        folders = [...folders.filter(({ uri }) => !gone.has(uri)), ...added];
      });
    }
    if (client.workspace?.didChangeConfiguration?.dynamicRegistration) {
      void connection.client.register(DidChangeConfigurationNotification.type, { section: 'lossLens' });
    }
  });
  connection.onDidChangeConfiguration(() => {
    configuration.clear();
    session.refresh();
    if (client.workspace?.codeLens?.refreshSupport) void connection.sendRequest(CodeLensRefreshRequest.type);
  });

  documents.onDidChangeContent(({ document }) => {
    const { uri, languageId, version } = document;
    session.update({ uri, path: pathIn(folders, uri), languageId, version, text: document.getText() });
  });
  documents.onDidClose(({ document: { uri } }) => {
    session.close(uri);
    configuration.forget(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
  });

  connection.onCodeLens(async ({ textDocument: { uri } }): Promise<CodeLens[]> => {
    const [view, settings] = await Promise.all([session.view(uri), configuration.of(uri)]);
    if (!view || !settings.codeLens) return [];
    const { pageCommand, compareCommand } = commands;
    return view.lenses().flatMap(({ range, title, comparison }) => {
      const place = toProtocol(range, view.lines);
      // A command without a name is shown as plain text.
      const command = pageCommand ? { command: pageCommand, arguments: [uri] } : { command: '' };
      const lens = { range: place, command: { title, ...command } };
      if (!compareCommand || !comparison) return [lens];
      const compare = { title: 'Compare sum vs mean', command: compareCommand, arguments: [comparison] };
      return [lens, { range: place, command: compare }];
    });
  });
  connection.onHover(async ({ textDocument: { uri }, position }) => {
    const view = await session.view(uri);
    const hover = view?.hover(offsetOf(position, view.lines));
    if (!view || !hover) return null;
    return { range: toProtocol(hover.range, view.lines), contents: { kind: 'markdown', value: hover.markdown } };
  });
  connection.onRequest(PAGE_REQUEST, async (parameters: unknown): Promise<PageResult> => {
    const view = await session.view(parsePageParameters(parameters).uri);
    return view?.page() ?? null;
  });
  connection.onRequest(COMPARE_REQUEST, async (parameters: unknown): Promise<CompareResult> => {
    const { uri, position, nearest } = parseCompareParameters(parameters);
    const view = await session.view(uri);
    if (!view) return null;
    const offset = offsetOf(position, view.lines);
    return nearest ? view.comparisonNear(offset) : view.comparisonAt(offset);
  });

  documents.listen(connection);
}

/** The settings of each document that was asked for, until they change. */
class ConfigurationCache {
  /** Whether the client can be asked; otherwise the defaults hold. */
  supported = false;
  readonly #connection: Connection;
  readonly #settings = new Map<string, Promise<Settings>>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  of(uri: string): Promise<Settings> {
    const settings = this.#settings.get(uri) ?? this.#load(uri);
    this.#settings.set(uri, settings);
    return settings;
  }

  forget(uri: string): void {
    this.#settings.delete(uri);
  }

  clear(): void {
    this.#settings.clear();
  }

  async #load(uri: string): Promise<Settings> {
    const section: unknown = this.supported
      ? await this.#connection.workspace.getConfiguration({ scopeUri: uri, section: 'lossLens' })
      : {};
    const { codeLens, languages, assumedBatchSize, rules } = parseConfiguration(section);
    return {
      codeLens: codeLens.enabled,
      languages: languages ?? LANGUAGE_IDENTIFIERS,
      assumedBatchSize,
      severities: rules,
    };
  }
}

/** The path of a document below its innermost workspace folder; its name where it lies outside of all. */
function pathIn(folders: readonly WorkspaceFolder[], uri: string): string {
  const inside = folders
    .map((folder) => `${folder.uri.replace(/\/$/, '')}/`)
    .filter((folder) => uri.startsWith(folder))
    .sort((a, b) => b.length - a.length);
  return uri.slice(inside[0]?.length ?? uri.lastIndexOf('/') + 1);
}

function diagnosticsOf(view: View): Diagnostic[] {
  return view.findings().map((finding) => diagnosticOf(finding, view));
}

function diagnosticOf(
  { rule, range, severity, message, related }: Finding,
  { document: { uri }, lines }: View,
): Diagnostic {
  return {
    range: toProtocol(range, lines),
    severity: SEVERITIES[severity],
    source: manifest.displayName,
    code: rule,
    message,
    relatedInformation: related.map((place) => ({
      location: { uri, range: toProtocol(place.range, lines) },
      message: place.message,
    })),
  };
}

function toProtocol({ start, end }: Range, lines: Lines): ProtocolRange {
  return { start: positionOf(start, lines), end: positionOf(end, lines) };
}

/** The protocol counts from 0. */
function positionOf(offset: number, lines: Lines): Position {
  const { line, column } = lines.at(offset);
  return { line: line - 1, character: column - 1 };
}

function offsetOf({ line, character }: Position, lines: Lines): number {
  return lines.offsetOf({ line: line + 1, column: character + 1 });
}
