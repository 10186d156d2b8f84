import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import {
  type CodeLens,
  type Connection,
  createConnection,
  createProtocolConnection,
  type Hover,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { COMPARE_REQUEST, PAGE_REQUEST, parseCompareRequest, parseCompareResult } from '../../src/protocol.ts';
import { serve } from '../../src/server/connection.ts';
import { fakeAnalyze, fakeParser } from './fake-analysis.ts';

const uri = 'file:///project/train.py';
const text = 'x = "🙂"; sum(a)\nmean(b)\n';

describe('the language server', () => {
  let server: Connection;
  let client: ProtocolConnection;
  let diagnostics: PublishDiagnosticsParams[];
  let configuration: Record<string, unknown>;
  let refreshed: number;
  let paths: string[];

  beforeEach(async () => {
    const [toServer, toClient] = [new PassThrough(), new PassThrough()];
    server = createConnection(new StreamMessageReader(toServer), new StreamMessageWriter(toClient));
    paths = [];
    serve(server, {
      loadParser: async () => fakeParser,
      analyze: (document) => {
        paths.push(document.path);
        return fakeAnalyze(document);
      },
    });
    server.listen();
    client = createProtocolConnection(new StreamMessageReader(toClient), new StreamMessageWriter(toServer));
    diagnostics = [];
    configuration = {};
    refreshed = 0;
    client.onNotification('textDocument/publishDiagnostics', (published) => void diagnostics.push(published));
    client.onRequest('workspace/configuration', ({ items }: { items: { scopeUri: string }[] }) =>
      items.map(({ scopeUri }) => configuration[scopeUri] ?? null),
    );
    client.onRequest('workspace/codeLens/refresh', () => {
      refreshed += 1;
      return null;
    });
    client.listen();
  });
  afterEach(() => {
    client.dispose();
    server.dispose();
  });

  async function initialize(initializationOptions?: object) {
    const result = await client.sendRequest<{ capabilities: object }>('initialize', {
      processId: null,
      rootUri: null,
      initializationOptions,
      workspaceFolders: [{ uri: 'file:///project', name: 'work' }],
      capabilities: {
        workspace: { configuration: true, workspaceFolders: true, codeLens: { refreshSupport: true } },
      },
    });
    await client.sendNotification('initialized', {});
    return result;
  }

  const open = (document: object = {}) =>
    client.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId: 'python', version: 1, text, ...document },
    });
  const lenses = (of = uri) => client.sendRequest<CodeLens[]>('textDocument/codeLens', { textDocument: { uri: of } });

  const compare = async (line: number, character: number, nearest = false) =>
    parseCompareResult(await client.sendRequest(COMPARE_REQUEST, { uri, position: { line, character }, nearest }));

  /** What is known of a loss of the fake analysis: its reduction and its place. */
  const comparisonOf = (reduction: 'sum' | 'mean', line: number, column: number) => {
    const place = { uri, label: `train.py:${line + 1}`, line, column };
    return {
      place,
      reduction: { value: reduction, place, isDefault: false },
      batchSize: null,
      learningRate: null,
      optimizer: null,
      weightDecay: null,
      decay: null,
      clipNorm: null,
      epsilon: null,
      notes: [],
    };
  };

  it('offers lens and hover', async () => {
    const { capabilities } = await initialize();
    assert.deepEqual(capabilities, {
      textDocumentSync: 2,
      codeLensProvider: { resolveProvider: false },
      hoverProvider: true,
      workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
    });
  });

  it('shows a lens for each loss, in UTF-16 columns, with the command of the client', async () => {
    await initialize({ pageCommand: 'lossLens.showExplanation' });
    await open();
    const [first, second] = await lenses();
    assert.deepEqual(first, {
      range: { start: { line: 0, character: 10 }, end: { line: 0, character: 16 } },
      command: {
        title: 'Σ over the batch · gradient ∝ B',
        command: 'lossLens.showExplanation',
        arguments: [uri],
      },
    });
    assert.equal(second?.range.start.line, 1);
  });

  it('shows a lens as plain text to a client without a command', async () => {
    await initialize();
    await open();
    assert.deepEqual((await lenses())[0]?.command, { title: 'Σ over the batch · gradient ∝ B', command: '' });
  });

  it('offers a comparison beside the lens of each loss, to a client with a command for it', async () => {
    await initialize({ pageCommand: 'lossLens.showExplanation', compareCommand: 'lossLens.compare' });
    await open();
    const [first, comparison, ...others] = await lenses();
    assert.match(first?.command?.title ?? '', /^Σ over the batch/);
    assert.deepEqual(comparison, {
      range: first?.range,
      command: {
        title: 'Compare sum vs mean',
        command: 'lossLens.compare',
        arguments: [comparisonOf('sum', 0, 10)],
      },
    });
    assert.deepEqual(
      others.map(({ command }) => command?.command),
      ['lossLens.showExplanation', 'lossLens.compare'],
    );
    const [request] = comparison?.command?.arguments ?? [];
    assert.deepEqual(parseCompareRequest(request), request);
  });

  it('offers none for a loss that cannot be told', async () => {
    await initialize({ compareCommand: 'lossLens.compare' });
    await open({ text: 'unknown(a)' });
    assert.equal((await lenses()).length, 1);
    assert.equal(await compare(0, 0, true), null);
  });

  it('offers none to a client without a command for it', async () => {
    await initialize({ pageCommand: 'lossLens.showExplanation' });
    await open();
    assert.equal((await lenses()).length, 2);
  });

  it('answers with the comparison of the loss that a hover explains', async () => {
    await initialize();
    await open();
    assert.deepEqual(await compare(0, 12), comparisonOf('sum', 0, 10));
    assert.deepEqual(await compare(1, 7), comparisonOf('mean', 1, 0));
    assert.equal(await compare(0, 2), null);
  });

  it('answers with the comparison of the closest loss', async () => {
    await initialize();
    await open({ text: 'unknown(a)\nsum(a)\n\n\nmean(b)\n' });
    assert.deepEqual(await compare(0, 0, true), comparisonOf('sum', 1, 0));
    assert.deepEqual(await compare(2, 0, true), comparisonOf('sum', 1, 0));
    assert.deepEqual(await compare(3, 0, true), comparisonOf('mean', 4, 0));
    assert.deepEqual(await compare(99, 0, true), comparisonOf('mean', 4, 0));
  });

  it('has no comparison for a document without losses, nor for one that is not open', async () => {
    await initialize();
    await open({ text: 'x = 1' });
    assert.equal(await compare(0, 0, true), null);
    await client.sendNotification('textDocument/didClose', { textDocument: { uri } });
    assert.equal(await compare(0, 0, true), null);
    await assert.rejects(client.sendRequest(COMPARE_REQUEST, { uri }));
  });

  it('follows edits', async () => {
    await initialize();
    await open();
    await lenses();
    await client.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [{ range: { start: { line: 0, character: 10 }, end: { line: 0, character: 13 } }, text: 'mean' }],
    });
    assert.match((await lenses())[0]?.command?.title ?? '', /^mean over the batch/);
    assert.deepEqual(
      diagnostics.map(({ version }) => version),
      [1, 2],
    );
  });

  it('explains on hover', async () => {
    await initialize();
    await open();
    const hover = (line: number, character: number) =>
      client.sendRequest<Hover | null>('textDocument/hover', { textDocument: { uri }, position: { line, character } });
    assert.deepEqual((await hover(1, 3))?.range, {
      start: { line: 1, character: 0 },
      end: { line: 1, character: 7 },
    });
    assert.match(JSON.stringify((await hover(1, 3))?.contents), /"markdown".*\*\*Mean over the batch\.\*\*/);
    assert.equal(await hover(0, 2), null);
    assert.equal(await hover(99, 0), null);
  });

  it('publishes findings, and takes them back when the document is closed', async () => {
    await initialize();
    await open();
    await lenses();
    const [first] = diagnostics[0]?.diagnostics ?? [];
    assert.deepEqual(first, {
      range: { start: { line: 0, character: 10 }, end: { line: 0, character: 16 } },
      severity: 2,
      source: 'Loss Lens',
      code: 'a-rule',
      message: 'look at this',
      relatedInformation: [
        {
          location: { uri, range: { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } } },
          message: 'and at this',
        },
      ],
    });
    await client.sendNotification('textDocument/didClose', { textDocument: { uri } });
    assert.deepEqual(await lenses(), []);
    assert.deepEqual(diagnostics.at(-1), { uri, diagnostics: [] });
  });

  it('asks for the settings of each document, and again when they change', async () => {
    const other = 'file:///other/train.py';
    configuration[uri] = { codeLens: { enabled: false } };
    configuration[other] = { codeLens: 'nonsense', languages: 7, assumedBatchSize: -1, rules: { 'a-rule': 'loud' } };
    await initialize();
    await open();
    await open({ uri: other });
    assert.equal((await lenses()).length, 0);
    assert.equal((await lenses(other)).length, 2);
    configuration[uri] = {};
    configuration[other] = { languages: ['typescript'] };
    await client.sendNotification('workspace/didChangeConfiguration', { settings: null });
    assert.equal((await lenses()).length, 2);
    assert.equal((await lenses(other)).length, 0);
    assert.equal(refreshed, 1);
  });

  it('knows a document by its path in its workspace folder, and by its name outside of all', async () => {
    await initialize();
    for (const document of ['file:///project/a/b.py', 'file:///tests/c.py', 'file:///tests/root/d.py']) {
      if (document.endsWith('d.py')) {
        await client.sendNotification('workspace/didChangeWorkspaceFolders', {
          event: { added: [{ uri: 'file:///tests/root', name: 'root' }], removed: [] },
        });
      }
      await open({ uri: document });
      await lenses(document);
    }
    assert.deepEqual(paths, ['1/a/b.py', '2/c.py', '3/d.py']);
  });

  it('answers with a page of everything', async () => {
    await initialize();
    await open();
    assert.match(await client.sendRequest<string>(PAGE_REQUEST, { uri }), /^# train\.py\n/);
    assert.equal(await client.sendRequest(PAGE_REQUEST, { uri: 'file:///closed.py' }), null);
    await assert.rejects(client.sendRequest(PAGE_REQUEST, { url: uri }));
  });
});
