import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { AnalyzeDocument } from '../../src/core/analysis.ts';
import { analyze } from '../../src/core/analyze.ts';
import { type Host, LANGUAGE_IDENTIFIERS, Session } from '../../src/server/session.ts';
import type { View } from '../../src/server/view.ts';
import { loadParser } from '../../src/workspace/parsers.ts';
import { sgd } from '../core/explain-fixtures.ts';
import { fakeAnalyze, fakeParser } from './fake-analysis.ts';

const uri = 'file:///project/train.py';

describe('a session', () => {
  let analysed: AnalyzeDocument[];
  let views: (View | null)[];
  let failures: unknown[];
  let version: number;

  beforeEach(() => {
    analysed = [];
    views = [];
    failures = [];
    version = 0;
  });

  function start(over: Partial<Host> = {}): Session {
    return new Session({
      loadParser: async () => fakeParser,
      analyze: (document) => {
        analysed.push(document);
        return fakeAnalyze(document);
      },
      settings: async () => ({
        assumedBatchSize: null,
        severities: {},
        languages: LANGUAGE_IDENTIFIERS,
        codeLens: true,
      }),
      changed: (_uri, view) => views.push(view),
      failed: (error) => failures.push(error),
      ...over,
    });
  }

  const python = (text: string) => ({ uri, path: 'train.py', languageId: 'python', version: ++version, text });
  const lensesOf = async (session: Session) =>
    (await session.view(uri))?.lenses().map(({ range, title }) => `${range.start}-${range.end} ${title.slice(0, 4)}`);

  it('answers with the newest version, and skips those that were overtaken', async () => {
    const session = start();
    session.update(python('sum(a)'));
    assert.deepEqual(await lensesOf(session), ['0-6 Σ ov']);
    for (const text of [' s', ' su', ' mean(b)']) session.update(python(text));
    assert.deepEqual(await lensesOf(session), ['1-8 mean']);
    assert.deepEqual(
      analysed.map(({ text }) => text),
      ['sum(a)', ' mean(b)'],
    );
    assert.equal(views.length, 2);
  });

  it('takes up a version that arrives while a parser loads', async () => {
    let loaded = () => {};
    const loading = new Promise<void>((resolve) => {
      loaded = resolve;
    });
    const session = start({ loadParser: () => loading.then(() => fakeParser) });
    session.update(python('sum(a)'));
    await new Promise((resolve) => setTimeout(resolve, 10));
    session.update(python('mean(a)'));
    loaded();
    assert.deepEqual(await lensesOf(session), ['0-7 mean']);
    assert.equal(analysed.length, 1);
  });

  it('keeps the lenses in their places while a line is half typed', async () => {
    const session = start();
    session.update(python('sum(a)\nx = 1\nmean(b)'));
    await session.view(uri);
    session.update(python('sum(a\nx = 1\nmean(b)'));
    assert.deepEqual(await lensesOf(session), ['0-5 Σ ov', '12-19 mean']);
    const view = await session.view(uri);
    assert.equal(view?.hover(15)?.range.start, 12);
    assert.equal(view?.hover(8), null);
    assert.deepEqual(
      view?.findings().map(({ range }) => range.end),
      [5, 19],
    );
    session.update(python('sum(a, c)\nx = 1\nmean(b)'));
    assert.deepEqual(await lensesOf(session), ['16-23 mean']);
  });

  it('keeps them when the file cannot be read at all', async () => {
    const session = start({
      analyze: (document) => ({
        ...fakeAnalyze(document),
        problems: document.text.includes('!')
          ? [{ range: { start: 0, end: 0 }, message: 'The file cannot be read.' }]
          : [],
      }),
    });
    session.update(python('sum(a)'));
    await session.view(uri);
    session.update(python('!! sum(a)'));
    assert.deepEqual(await lensesOf(session), ['3-9 Σ ov']);
  });

  it('lets go of a loss that is deleted although the file is broken', async () => {
    const session = start();
    session.update(python('f(\nsum(a)\nmean(b)'));
    await session.view(uri);
    session.update(python('f((\nmean(b)'));
    assert.deepEqual(await lensesOf(session), ['4-11 mean']);
  });

  it('names an unsaved document by its language', async () => {
    const session = start();
    session.update({
      uri: 'untitled:Untitled-1',
      path: 'Untitled-1',
      languageId: 'typescriptreact',
      version: 1,
      text: 'sum(a)',
    });
    await session.view('untitled:Untitled-1');
    assert.deepEqual(analysed[0], { text: 'sum(a)', language: 'typescript', path: '1/Untitled-1.tsx' });
  });

  it('has no view of a language that is switched off, nor of one it does not know', async () => {
    const session = start({
      settings: async () => ({ assumedBatchSize: null, severities: {}, languages: ['typescript'], codeLens: true }),
    });
    session.update(python('sum(a)'));
    assert.equal(await session.view(uri), null);
    session.update({ uri: 'file:///a.rs', path: 'a.rs', languageId: 'rust', version: 1, text: 'sum(a)' });
    assert.equal(await session.view('file:///a.rs'), null);
    assert.equal(analysed.length, 0);
  });

  it('analyses anew when settings change', async () => {
    const session = start();
    session.update(python('sum(a)'));
    await session.view(uri);
    session.refresh();
    await session.view(uri);
    assert.equal(analysed.length, 2);
  });

  it('forgets a document that is closed', async () => {
    const forgotten: string[] = [];
    const session = start({ loadParser: async () => ({ ...fakeParser, forget: (path) => void forgotten.push(path) }) });
    session.update(python('sum(a)'));
    await session.view(uri);
    session.update(python('mean(a)'));
    session.close(uri);
    assert.equal(await session.view(uri), null);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.deepEqual(forgotten, ['1/train.py']);
    assert.equal(analysed.length, 1);
  });

  it('survives a parser that cannot be loaded', async () => {
    let broken = true;
    const session = start({
      loadParser: async () => {
        if (broken) throw new Error('no such file');
        return fakeParser;
      },
    });
    session.update(python('sum(a)'));
    assert.equal(await session.view(uri), null);
    assert.equal(failures.length, 1);
    broken = false;
    session.update(python('sum(a)'));
    assert.deepEqual(await lensesOf(session), ['0-6 Σ ov']);
  });

  it('shows all losses of a document on one page', async () => {
    const session = start();
    session.update(python('\nsum(a)'));
    const page = (await session.view(uri))?.page() ?? '';
    assert.match(page, /^# train\.py\n\n## Line 2\n\n {4}sum\(a\)\n\n\*Σ over the batch · gradient ∝ B\*\n\n\*\*Sum/);
    session.update(python(''));
    assert.equal((await session.view(uri))?.page(), '# train.py\n\nNo loss is trained on in this file.\n');
  });

  it('links the lines of a file, and names those of a document that was never saved', async () => {
    const session = start({
      analyze: (document) => {
        const { losses, ...rest } = fakeAnalyze(document);
        return { ...rest, losses: losses.map((loss) => ({ ...loss, optimizer: { ...sgd, where: loss.range } })) };
      },
    });
    const hoverOf = async (document: string) => {
      session.update({ uri: document, path: 'train.py', languageId: 'python', version: 1, text: '\nsum(a)' });
      return (await session.view(document))?.hover(3)?.markdown ?? '';
    };
    assert.ok(
      (await hoverOf('file:///project%20(1)/train.py')).includes(
        'SGD, [line 2](file:///project%20%281%29/train.py#L2)',
      ),
    );
    assert.ok((await hoverOf('untitled:Untitled-1')).includes('SGD, line 2 ·'));
  });

  it('compares a loss by the numbers of its file, each with its place', async () => {
    const session = start({ analyze, loadParser });
    const text = readFileSync(path.join(import.meta.dirname, '../../examples/pytorch_mean.py'), 'utf8');
    session.update({ uri, path: 'train.py', languageId: 'python', version: 1, text });
    const [lens] = (await session.view(uri))?.lenses() ?? [];
    const at = (line: number, column: number) => ({ uri, label: `train.py:${line + 1}`, line, column });
    assert.deepEqual(lens?.comparison, {
      place: at(60, 19),
      reduction: { value: 'mean', place: at(60, 19), isDefault: false },
      batchSize: { value: 256, place: at(10, 54), isDefault: true },
      learningRate: { value: 0.1, place: at(12, 48), isDefault: true },
      optimizer: { value: 'momentum', place: at(50, 25), isDefault: true },
      weightDecay: { value: 0.0001, place: at(14, 58), isDefault: true },
      decay: { value: 'coupled', place: at(14, 58), isDefault: false },
      clipNorm: null,
      epsilon: null,
      notes: [],
    });
  });

  it('keeps the places of a comparison right while a line is half typed', async () => {
    const session = start();
    session.update(python('sum(a)\nx = 1\nmean(b)'));
    await session.view(uri);
    session.update(python('sum(a\n\nx = 1\nmean(b)'));
    const view = await session.view(uri);
    assert.equal(view?.comparisonNear(99)?.place.label, 'train.py:4');
    assert.equal(view?.comparisonAt(13)?.place.label, 'train.py:4');
    assert.equal(view?.comparisonAt(8), null);
  });

  it('offers no comparison of a loss that is deleted although the file is broken', async () => {
    const session = start();
    session.update(python('sum(a)\nx = 1\nmean(b)'));
    await session.view(uri);
    session.update(python('sum(a\nx = 1\n'));
    assert.equal((await session.view(uri))?.comparisonNear(99)?.place.label, 'train.py:1');
  });

  it('names the file of a comparison as people do', async () => {
    const session = start();
    const labelIn = async (document: string) => {
      session.update({ uri: document, path: 'train.py', languageId: 'python', version: 1, text: 'sum(a)' });
      return (await session.view(document))?.comparisonNear(0)?.place.label;
    };
    assert.equal(await labelIn('file:///c%3A/project/my%20training.py'), 'my training.py:1');
    assert.equal(await labelIn('file:///project/100%.py'), '100%.py:1');
    assert.equal(await labelIn('untitled:Untitled-1'), 'Untitled-1:1');
  });
});
