/** Starts the page: messages of the extension change the model, and the model is drawn. */
import { render } from 'preact';
import { type Draft, parsePanelMessage } from '../src/protocol.ts';
import { createPainter } from './charts/painter.ts';
import { ask, keep } from './host.ts';
import { emptyModel, type Model, received } from './model.ts';
import { Panel } from './panel.tsx';

const root = document.getElementById('panel');
if (!root) throw new Error('The page has no place for the panel.');

let model: Model = emptyModel;

const draw = (): void => {
  if (root) render(<Panel model={model} onDraft={changeDraft} />, root);
};

/** What the user does, and how the training stands, is seen in the next frame. */
const atOnce = createPainter(draw, { share: 1 });

/** Numbers that change with every step are read, and no faster than people read; the curves draw themselves. */
const nowAndThen = createPainter(draw, { share: 0.05, interval: 200 });

function update(next: Model, painter = atOnce): void {
  model = next;
  painter.request();
}

function changeDraft(draft: Draft): void {
  ask({ request: 'draft', draft });
  update({ ...model, draft });
  remember();
}

/** What the page comes back with after a reload of the window. */
function remember(): void {
  const { shown, draft } = model;
  if (shown && draft) keep({ id: shown.id, draft, request: shown.request });
}

window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const message = parsePanelMessage(data);
  const before = model.run;
  update(received(model, message), message.message === 'events' && before !== null ? nowAndThen : atOnce);
  if (message.message === 'show' || before === null) remember();
});

ask({ request: 'ready' });
