import assert from 'node:assert/strict';
import * as vscode from 'vscode';

const SUM = /^Σ over the batch · gradient ∝ B · SGD 0\.002 at B=128 acts as 0\.256 on a mean/;
const MEAN = /^mean over the batch · SGD 0\.002 at B=128 becomes 0\.004 at B=256/;

describe('in the editor', () => {
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  describe('a PyTorch file', () => {
    it('has a lens above its loss', async () => {
      const document = await open('pytorch_sum.py');
      const [lens] = await lensesOf(document);
      assert.match(lens?.title ?? '', SUM);
      assert.match(document.lineAt(lens?.line ?? 0).text, /loss = F\.cross_entropy/);
    });

    it('explains its loss on hover, with links to the lines that the numbers come from', async () => {
      const document = await open('pytorch_sum.py');
      const { contents, range } = await hoverOn(document, "F.cross_entropy(net(x), y, reduction='sum')");
      const [explanation = '', link = ''] = contents.map(({ value }) => value.replaceAll('&ensp;', ''));
      assert.match(explanation, /^\*\*Sum over the batch\.\*\* The gradient grows with the batch size/);
      assert.match(explanation, /\| learning rate \| 0\.002 \| \*\*0\.256\*\* × 128 \|/);
      const rate = lineOf(document, 'torch.optim.SGD');
      assert.ok(explanation.includes(`(${document.uri.toString()}#L${rate})`), explanation);
      assert.match(link, /command:lossLens\.showExplanation/);
      assert.deepEqual(
        contents.map(({ isTrusted }) => isTrusted === true || typeof isTrusted === 'object'),
        [false, true],
      );
      assert.equal(document.getText(range), "F.cross_entropy(net(x), y, reduction='sum')");
    });

    it('offers to compare its loss, by lens and by hover, with the numbers of the file and their places', async () => {
      const document = await open('pytorch_sum.py');
      const [explanation] = await lensesOf(document);
      const [lens] = await lensesFor(document, 'lossLens.compare');
      assert.equal(lens?.command?.title, 'Compare sum vs mean');
      assert.equal(lens?.range.start.line, explanation?.line);
      const [request] = lens?.command?.arguments ?? [];
      const uri = document.uri.toString();
      const line = lineOf(document, 'BATCH_SIZE = 128') - 1;
      const label = `pytorch_sum.py:${line + 1}`;
      assert.deepEqual(request.batchSize, { value: 128, place: { uri, label, line, column: 13 }, isDefault: false });
      assert.deepEqual([request.reduction.value, request.learningRate.value], ['sum', 0.002]);
      const { contents } = await hoverOn(document, "F.cross_entropy(net(x), y, reduction='sum')");
      const target = /\(command:lossLens\.compare\?([^)]*)\)/.exec(contents[1]?.value ?? '')?.[1];
      assert.deepEqual(JSON.parse(decodeURIComponent(target ?? '')), [request]);
    });

    it('lists what its batch size moves as a problem', async () => {
      const document = await open('pytorch_sum.py');
      const [problem] = await problemsOf(document, (found) => found.length > 0);
      assert.equal(problem?.code, 'penalty-drifts-with-batch');
      assert.equal(problem?.severity, vscode.DiagnosticSeverity.Information);
      assert.match(
        document.lineAt(problem?.relatedInformation?.[0]?.location.range.start.line ?? 0).text,
        /weight_decay/,
      );
    });

    it('has another lens, and no problem, when the sum becomes a mean', async () => {
      const document = await open('pytorch_sum.py');
      await problemsOf(document, (found) => found.length > 0);
      await replace(document, "reduction='sum'", "reduction='mean'");
      assert.match((await lensesOf(document))[0]?.title ?? '', MEAN);
      await problemsOf(document, (found) => found.length === 0);
    });

    it('keeps its lens while a line is half typed, and moves it along', async () => {
      const document = await open('pytorch_sum.py');
      const [before] = await lensesOf(document);
      await replace(document, "reduction='sum')", "reduction='sum'\n");
      const [half] = await lensesOf(document);
      assert.match(half?.title ?? '', SUM);
      await replace(document, 'EPOCHS = 12', 'EPOCHS = (\n\n12');
      const [moved] = await lensesOf(document);
      assert.match(moved?.title ?? '', SUM);
      assert.equal(moved?.line, (before?.line ?? 0) + 2);
    });

    it('has a lens before it was ever saved', async () => {
      const { getText } = await open('pytorch_sum.py');
      const document = await vscode.workspace.openTextDocument({ language: 'python', content: getText() });
      assert.match((await lensesOf(document))[0]?.title ?? '', SUM);
    });
  });

  describe('a TensorFlow 1 file', () => {
    it('has a lens above what its collection adds up to', async () => {
      const document = await open('tf1_cifar10.py');
      const lenses = await lensesOf(document);
      assert.equal(lenses.length, 1);
      assert.match(lenses[0]?.title ?? '', /mean over the batch/);
    });
  });

  describe('a TensorFlow.js file', () => {
    it('in TypeScript has a lens, a hover and a problem', async () => {
      const document = await open('tfjs_train.ts');
      const [lens] = await lensesOf(document);
      assert.match(lens?.title ?? '', /^Σ over the batch · gradient ∝ B .* penalty’s share falls as B grows$/);
      const { contents } = await hoverOn(document, 'tf.losses.softmaxCrossEntropy');
      assert.match(contents[0]?.value ?? '', /\*\*Sum over the batch\.\*\*/);
      const [problem] = await problemsOf(document, (found) => found.length > 0);
      assert.equal(problem?.code, 'penalty-drifts-with-batch');
    });

    it('in JavaScript has a lens for a maximum', async () => {
      const document = await open('tfjs_worst_case.js');
      const titles = (await lensesOf(document)).map(({ title }) => title);
      assert.ok(
        titles.some((title) => /only the selected examples get a gradient/.test(title)),
        titles.join('\n'),
      );
    });

    it('keeps its lens while a line is half typed', async () => {
      const document = await open('tfjs_train.ts');
      const [before] = await lensesOf(document);
      await replace(document, 'const BATCH_SIZE = 128;', 'const BATCH_SIZE = 128;\nconst half = [');
      assert.equal((await lensesOf(document))[0]?.title, before?.title);
    });
  });

  it('the lens can be switched off', async () => {
    const document = await open('pytorch_sum.py');
    assert.equal((await lensesOf(document)).length, 1);
    const settings = vscode.workspace.getConfiguration('lossLens');
    await settings.update('codeLens.enabled', false, vscode.ConfigurationTarget.Workspace);
    try {
      await until(async () => (await titlesNow(document)).length === 0, 'the lens is gone');
    } finally {
      await settings.update('codeLens.enabled', undefined, vscode.ConfigurationTarget.Workspace);
    }
    assert.equal((await lensesOf(document)).length, 1);
  });

  it('the server can be restarted', async () => {
    const document = await open('pytorch_sum.py');
    await vscode.commands.executeCommand('lossLens.restartServer');
    assert.match((await lensesOf(document))[0]?.title ?? '', SUM);
  });

  it('a page beside the code explains all losses of the file, and follows edits', async () => {
    const source = await open('pytorch_sum.py');
    await vscode.commands.executeCommand('lossLens.showExplanation');
    const page = await until(
      () =>
        vscode.workspace.textDocuments.find(
          ({ uri }) => uri.scheme === 'loss-lens' && uri.query.includes('pytorch_sum'),
        ),
      'the page is open',
    );
    await until(
      () => page.getText().includes('# pytorch_sum.py') && page.getText().includes('Σ over the batch'),
      'its text',
    );
    await replace(source, "reduction='sum'", "reduction='mean'");
    await until(() => page.getText().includes('mean over the batch'), 'the page after the edit');
    await vscode.window.showTextDocument(source, vscode.ViewColumn.One);
  });
});

async function open(name: string): Promise<vscode.TextDocument> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder, 'no folder is open');
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder.uri, name));
  await vscode.window.showTextDocument(document);
  return document;
}

interface Lens {
  readonly line: number;
  readonly title: string;
}

/** The lenses of a document that run a command. */
async function lensesFor(document: vscode.TextDocument, command: string): Promise<vscode.CodeLens[]> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    'vscode.executeCodeLensProvider',
    document.uri,
    100,
  );
  return lenses.filter((lens) => lens.command?.command === command);
}

async function titlesNow(document: vscode.TextDocument): Promise<Lens[]> {
  const lenses = await lensesFor(document, 'lossLens.showExplanation');
  return lenses.map(({ command, range }) => ({ line: range.start.line, title: command?.title ?? '' }));
}

/** The lenses of a document, as soon as it has one. */
function lensesOf(document: vscode.TextDocument): Promise<Lens[]> {
  return until(async () => {
    const lenses = await titlesNow(document);
    return lenses.length > 0 && lenses;
  }, 'a lens');
}

async function hoverOn(document: vscode.TextDocument, text: string) {
  const position = document.positionAt(offsetOf(document, text) + 2);
  const hover = await until(async () => {
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      position,
    );
    return hovers.find(({ contents }) => contents.some((part) => textOf(part).includes('lossLens.showExplanation')));
  }, `a hover on ${text}`);
  return { contents: hover.contents as vscode.MarkdownString[], range: hover.range };
}

function textOf(part: vscode.MarkdownString | vscode.MarkedString): string {
  return typeof part === 'string' ? part : part.value;
}

function problemsOf(
  document: vscode.TextDocument,
  expected: (found: vscode.Diagnostic[]) => boolean,
): Promise<vscode.Diagnostic[]> {
  return until(() => {
    const found = vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'Loss Lens');
    return expected(found) && found;
  }, 'the expected problems');
}

async function replace(document: vscode.TextDocument, before: string, after: string): Promise<void> {
  const start = offsetOf(document, before);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(
    document.uri,
    new vscode.Range(document.positionAt(start), document.positionAt(start + before.length)),
    after,
  );
  assert.ok(await vscode.workspace.applyEdit(edit));
}

function offsetOf(document: vscode.TextDocument, text: string): number {
  const offset = document.getText().indexOf(text);
  assert.ok(offset >= 0, `${document.uri.path} holds no ${text}`);
  return offset;
}

function lineOf(document: vscode.TextDocument, text: string): number {
  return document.positionAt(offsetOf(document, text)).line + 1;
}

/** What `attempt` yields, as soon as it yields something. */
async function until<T>(attempt: () => T | Promise<T>, what: string): Promise<Exclude<T, false | undefined>> {
  const end = Date.now() + 20_000;
  while (Date.now() < end) {
    const result = await attempt();
    if (result) return result as Exclude<T, false | undefined>;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`20 s went by without ${what}`);
}
