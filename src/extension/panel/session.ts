/**
 * One panel and what belongs to it: the settings that the user drafts, the process that trains, and what it has said so far. The page in the webview
 * may go and come again, when it is hidden, moved or reloaded; the session stays.
 */
import * as vscode from 'vscode';
import { csvOf } from '../../experiment/csv.ts';
import { History } from '../../experiment/history.ts';
import {
  type Available,
  type CompareRequest,
  type Draft,
  type Errand,
  encode,
  type PanelMessage,
  type PanelRequest,
  parsePanelRequest,
  parseTrainingEvent,
  type RunStatus,
  type SavedRun,
  type Start,
  type Task,
  type TrainingEvent,
} from '../../protocol.ts';
import { pageOf } from './html.ts';
import { TrainingProcess } from './training-process.ts';

/** Where things are: what is shipped, and what is written on this machine. */
export interface Places {
  /** The bundles. */
  readonly dist: vscode.Uri;
  /** Runs that can go on after a reload. */
  readonly runs: vscode.Uri;
  readonly native: vscode.Uri;
  /** The number of the process that trains, by the panel's id: the next window waits until it is gone. */
  readonly trainings: vscode.Memento;
}

export interface Opened {
  readonly id: string;
  readonly draft: Draft;
  readonly request: CompareRequest | null;
  /** A run that was saved: its events are shown, and it can go on. */
  readonly saved: { readonly file: vscode.Uri; readonly run: SavedRun; readonly isDocument: boolean } | null;
}

/** Events are passed on to the page this often. */
const PASS_ON_MS = 100;

/** So many lines go to a page that is built up again in one message. */
const LINES_PER_MESSAGE = 2000;

/** What the set-up and the download take, for the user who decides. */
const NATIVE_MEGABYTES = 930;
const CIFAR10_MEGABYTES = 170;

export class Session implements vscode.Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #places: Places;
  readonly #opened: Opened;
  /** The lines of the events. */
  readonly #log = new History<string>(isStep);
  readonly #disposables: vscode.Disposable[] = [];
  #draft: Draft;
  #status: RunStatus = { status: 'idle' };
  #training: TrainingProcess | null = null;
  readonly #errands = new Set<TrainingProcess>();
  /** The last thing that the user asked for beside a training. */
  #task: Task | null = null;
  #available = { native: false, cifar10: false };
  /** The last `failed` event: why the process is about to end. */
  #failure: string | null = null;
  /** The run that a stopped training can go on from. */
  #resumable: vscode.Uri | null;
  /** Lines that the page has not got yet. */
  #waiting: string[] = [];
  #passOn: ReturnType<typeof setTimeout> | null = null;
  #listens = false;
  #progress: { report(step: number, steps: number): void; end(): void } | null = null;
  #steps = 0;
  #closed = false;

  constructor(panel: vscode.WebviewPanel, places: Places, opened: Opened) {
    this.#panel = panel;
    this.#places = places;
    this.#opened = opened;
    this.#draft = opened.draft;
    this.#resumable = opened.saved?.file ?? null;
    if (opened.saved) this.#replay(opened.saved.run);
    panel.webview.options = { enableScripts: true, localResourceRoots: [places.dist] };
    this.#disposables.push(
      panel.webview.onDidReceiveMessage((message: unknown) => this.#receive(parsePanelRequest(message))),
      panel.onDidChangeViewState(() => this.#shownOrHidden()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#show()),
    );
    panel.webview.html = pageOf(panel.webview, places.dist);
    this.#runErrand({ command: 'look' });
  }

  /** Ends the processes; the returned promise is for who must wait for it. */
  async end(): Promise<void> {
    await Promise.all([this.#training, ...this.#errands].map((process) => process?.end()));
  }

  dispose(): void {
    this.#closed = true;
    this.#progress?.end();
    if (this.#passOn) clearTimeout(this.#passOn);
    vscode.Disposable.from(...this.#disposables).dispose();
    void this.end().then(() => this.#forgetRun());
  }

  /** A panel that was closed is not opened again, so nobody asks for its run. */
  async #forgetRun(): Promise<void> {
    await this.#places.trainings.update(this.#opened.id, undefined);
    await vscode.workspace.fs.delete(this.#runFile).then(undefined, () => {});
  }

  get #runFile(): vscode.Uri {
    return vscode.Uri.joinPath(this.#places.runs, `${this.#opened.id}.lossrun.json`);
  }

  #receive(message: PanelRequest): void {
    switch (message.request) {
      case 'ready':
        this.#listens = true;
        this.#show();
        break;
      case 'draft':
        this.#draft = message.draft;
        break;
      case 'start':
        this.#draft = message.draft;
        void this.#start(message.draft.settings.steps, null);
        break;
      case 'continue':
        void this.#start(message.steps, this.#resumable);
        break;
      case 'pause':
      case 'resume':
      case 'step':
        this.#training?.send({ command: message.request });
        break;
      case 'stop':
        this.#training?.send({ command: 'stop' });
        if (this.#training) this.#setStatus({ status: 'stopping' });
        break;
      case 'save':
        void reporting(this.#save());
        break;
      case 'export numbers':
        void reporting(this.#exportNumbers());
        break;
      case 'open saved run':
        void reporting(openSavedRun());
        break;
      case 'export':
        void reporting(this.#export(message.format, message.content));
        break;
      case 'copy':
        void copy(message.what, message.text);
        break;
      case 'reveal':
        void reporting(reveal(message.place));
        break;
      case 'install native backend':
      case 'download CIFAR-10':
        if (this.#forbidden() === null && this.#task?.state !== 'running')
          this.#runErrand({ command: message.request });
        break;
      case 'cancel task':
        this.#cancelTask();
        break;
      case 'choose data folder':
        void reporting(this.#chooseData());
        break;
    }
  }

  /** Starts a process unless there is one: a panel never has two. */
  async #start(steps: number, continues: vscode.Uri | null): Promise<void> {
    if (this.#training || this.#forbidden() !== null) return;
    const { settings, data, backend } = this.#draft;
    if (continues === null) {
      this.#log.clear();
      this.#resumable = null;
    }
    this.#failure = null;
    this.#setStatus({ status: 'preparing', text: vscode.l10n.t('Starting') });
    const training = this.#spawn(
      (line) => this.#heard(line),
      (code, signal, words) => this.#trainingEnded(code, signal, words),
    );
    this.#training = training;
    if (continues === null) await this.#forgetRun();
    await this.#places.trainings.update(this.#opened.id, training.pid);
    await vscode.workspace.fs.createDirectory(this.#places.runs);
    const start: Start = {
      command: 'start',
      settings: { ...settings, steps },
      data,
      backend,
      continues: continues?.fsPath ?? null,
      out: this.#runFile.fsPath,
    };
    training.send(start);
  }

  #spawn(
    line: (line: string) => void,
    ended: (code: number | null, signal: NodeJS.Signals | null, lastWords: string) => void,
  ): TrainingProcess {
    const variables = { LOSS_LENS_NATIVE: process.env.LOSS_LENS_NATIVE ?? this.#places.native.fsPath };
    // A panel that was closed has no page any more that could be told.
    return new TrainingProcess(vscode.Uri.joinPath(this.#places.dist, 'training.mjs').fsPath, variables, {
      line: (text) => this.#closed || line(text),
      ended: (...how) => this.#closed || ended(...how),
    });
  }

  #heard(line: string): void {
    this.#log.add(line);
    this.#waiting.push(line);
    if (this.#panel.visible && this.#listens) this.#passOn ??= setTimeout(() => this.#flush(), PASS_ON_MS);
    else this.#waiting = [];
    if (!isStep(line)) this.#heardEvent(parseTrainingEvent(line));
    else if (this.#progress) this.#progress.report(stepOf(line), this.#steps);
  }

  #heardEvent(event: TrainingEvent): void {
    switch (event.event) {
      case 'preparing':
        this.#setStatus({ status: 'preparing', text: event.message });
        break;
      case 'started':
        this.#steps = event.settings.steps;
        this.#setStatus({ status: 'running' });
        break;
      case 'paused':
        // Whatever happens to the window meanwhile, the run can go on.
        this.#training?.send({ command: 'save', file: this.#runFile.fsPath });
        this.#setStatus({ status: 'paused' });
        break;
      case 'resumed':
        this.#setStatus({ status: 'running' });
        break;
      case 'saved':
        this.#resumable = vscode.Uri.file(event.file);
        break;
      case 'not saved':
        void vscode.window.showWarningMessage(event.message);
        break;
      case 'failed':
        this.#failure = event.message;
        break;
      default:
        break;
    }
  }

  #trainingEnded(code: number | null, signal: NodeJS.Signals | null, lastWords: string): void {
    this.#training = null;
    void this.#places.trainings.update(this.#opened.id, undefined);
    const words = [this.#failure ?? '', lastWords].filter(Boolean).join('\n');
    if (code === 0) this.#setStatus({ status: 'ended' });
    else if (this.#failure !== null) this.#setStatus({ status: 'crashed', text: words });
    else {
      const how = signal ? vscode.l10n.t('by {0}', signal) : vscode.l10n.t('with exit code {0}', code ?? '?');
      const text = vscode.l10n.t('The training process was ended {0}.', how);
      this.#setStatus({ status: 'crashed', text: [text, words].filter(Boolean).join('\n') });
    }
  }

  #runErrand(errand: Errand): void {
    const task = errand.command === 'look' ? null : taskOf(errand.command);
    let last: Available | null = null;
    let failure = vscode.l10n.t('It broke off.');
    let cancelled = false;
    const tell = (state: Task['state'], text: string, fraction: number | null): void => {
      cancelled ||= this.#task?.state === 'cancelled';
      if (task && !cancelled) this.#tellTask({ task, state, text, fraction });
    };
    if (task) this.#tellTask({ task, state: 'running', text: '', fraction: null });
    const process = this.#spawn(
      (line) => {
        const event = parseTrainingEvent(line);
        if (event.event === 'preparing') tell('running', event.message, event.fraction);
        else if (event.event === 'available') last = event;
        else if (event.event === 'failed') failure = event.message;
      },
      () => {
        this.#errands.delete(process);
        if (last) {
          this.#available = last;
          tell('done', '', 1);
          this.#post({ message: 'available', native: last.native, cifar10: last.cifar10 });
        } else tell('failed', failure, null);
      },
    );
    this.#errands.add(process);
    process.send(errand);
  }

  #tellTask(task: Task): void {
    this.#task = task;
    this.#post({ message: 'task', task });
  }

  #cancelTask(): void {
    if (this.#task?.state !== 'running') return;
    this.#tellTask({ ...this.#task, state: 'cancelled', text: '', fraction: null });
    for (const errand of this.#errands) void errand.end();
  }

  /** Tells the page all that it shows. */
  #show(): void {
    if (!this.#listens) return;
    this.#waiting = [];
    this.#post({
      message: 'show',
      id: this.#opened.id,
      draft: this.#draft,
      request: this.#opened.request,
      status: this.#status,
      forbidden: this.#forbidden(),
      native: { installed: this.#available.native, megabytes: NATIVE_MEGABYTES },
      cifar10: { present: this.#available.cifar10, megabytes: CIFAR10_MEGABYTES },
      file: this.#opened.saved?.isDocument ? this.#opened.saved.file.fsPath : null,
    });
    if (this.#task) this.#post({ message: 'task', task: this.#task });
    const lines = this.#log.entries;
    for (let from = 0; from < lines.length; from += LINES_PER_MESSAGE) {
      this.#post({ message: 'events', lines: lines.slice(from, from + LINES_PER_MESSAGE) });
    }
  }

  #flush(): void {
    this.#passOn = null;
    const lines = this.#waiting;
    this.#waiting = [];
    if (lines.length > 0) this.#post({ message: 'events', lines });
  }

  #setStatus(status: RunStatus): void {
    // Events before a change of the status are seen before it.
    this.#flush();
    this.#status = status;
    this.#post({ message: 'status', status });
    this.#shownOrHidden();
  }

  /** While it trains out of sight, the status bar says so. A hidden page is gone and asks anew when it is shown. */
  #shownOrHidden(): void {
    if (!this.#panel.visible) this.#listens = false;
    const outOfSight = !this.#panel.visible && this.#status.status === 'running';
    if (outOfSight) this.#progress ??= showProgress(this.#panel.title);
    else {
      this.#progress?.end();
      this.#progress = null;
    }
  }

  #replay(run: SavedRun): void {
    for (const event of [run.started, ...run.events]) this.#log.add(encode(event));
    this.#status = { status: 'ended' };
  }

  #forbidden(): string | null {
    return vscode.workspace.isTrusted
      ? null
      : vscode.l10n.t(
          'Training runs a program, and this workspace is not trusted. The analysis of your code works as always. Trust the workspace to train here.',
        );
  }

  async #save(): Promise<void> {
    const target = await askWhere('lossrun.json', vscode.l10n.t('Saved run'));
    if (!target) return;
    if (this.#training) this.#training.send({ command: 'save', file: target.fsPath });
    else if (this.#resumable) await vscode.workspace.fs.copy(this.#resumable, target, { overwrite: true });
    else
      throw new Error(vscode.l10n.t('The process ended before it could save this run. Its numbers can be exported.'));
  }

  async #exportNumbers(): Promise<void> {
    const target = await askWhere('csv', 'CSV');
    if (!target) return;
    const text = csvOf(this.#log.entries.map(parseTrainingEvent));
    await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  }

  async #export(format: 'png' | 'svg', content: string): Promise<void> {
    const target = await askWhere(format, format.toUpperCase());
    if (target) await vscode.workspace.fs.writeFile(target, Buffer.from(content, format === 'png' ? 'base64' : 'utf8'));
  }

  async #chooseData(): Promise<void> {
    const [folder] =
      (await vscode.window.showOpenDialog({
        canSelectFiles: false,
        canSelectFolders: true,
        title: vscode.l10n.t('Folder of CIFAR-10 in its binary version'),
      })) ?? [];
    if (!folder) return;
    this.#draft = { ...this.#draft, data: { kind: 'folder', folder: folder.fsPath } };
    this.#show();
  }

  #post(message: PanelMessage): void {
    if (this.#listens) void this.#panel.webview.postMessage(message);
  }
}

const taskOf = (command: 'install native backend' | 'download CIFAR-10'): Task['task'] =>
  command === 'download CIFAR-10' ? 'CIFAR-10' : 'native backend';

/** Whether a line needs no look by the extension: only the page reads the steps. */
const isStep = (line: string): boolean => line.startsWith('{"event":"step"');

/** The number of a step, without a look at the rest of its line. */
const stepOf = (line: string): number => Number(/"step":(\d+)/.exec(line)?.[1] ?? 0);

function showProgress(title: string): { report(step: number, steps: number): void; end(): void } {
  let end = (): void => {};
  let tell: ((message: string) => void) | undefined;
  let last = 0;
  void vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, (progress) => {
    tell = (message) => progress.report({ message });
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  });
  return {
    report(step, steps) {
      if (Date.now() - last < 1000) return;
      last = Date.now();
      tell?.(vscode.l10n.t('step {0} of {1}', step, steps));
    },
    end: () => end(),
  };
}

/** VS Code compares the kinds of a dialog with what follows the last dot of a name. */
async function askWhere(extension: string, kind: string): Promise<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const name = `comparison.${extension}`;
  return vscode.window.showSaveDialog({
    filters: { [kind]: [extension.replace(/^.*\./, '')] },
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
  });
}

export const RUN_EDITOR = 'lossLens.run';

async function openSavedRun(): Promise<void> {
  const [file] = (await vscode.window.showOpenDialog({ filters: { [vscode.l10n.t('Saved run')]: ['json'] } })) ?? [];
  if (file) await vscode.commands.executeCommand('vscode.openWith', file, RUN_EDITOR);
}

async function copy(what: string, text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(vscode.l10n.t('Copied: {0}', what), 3000);
}

async function reveal(place: CompareRequest['place']): Promise<void> {
  const position = new vscode.Position(place.line, place.column);
  await vscode.window.showTextDocument(vscode.Uri.parse(place.uri, true), {
    selection: new vscode.Range(position, position),
    viewColumn: vscode.ViewColumn.One,
  });
}

/** What fails on the user's word is said to the user. */
async function reporting(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    void vscode.window.showErrorMessage((error as Error).message);
  }
}
