/** Starts the page: messages of the extension change the model, and the model is drawn. */
import { render } from 'preact';
import { type Draft, parsePanelMessage } from '../src/protocol.ts';
import { ask, keep } from './host.ts';
import { emptyModel, type Model, received } from './model.ts';
import { Panel } from './panel.tsx';

const root = document.getElementById('panel');
if (!root) throw new Error('The page has no place for the panel.');

let model: Model = emptyModel;
let drawing = false;

/** Draws once a frame, however many messages there were. */
function update(next: Model): void {
  model = next;
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    if (root) render(<Panel model={model} onDraft={changeDraft} />, root);
  });
}

function changeDraft(draft: Draft): void {
  ask({ request: 'draft', draft });
  update({ ...model, draft });
  remember();
}

/** What the page comes back with after a reload of the window. */
function remember(): void {
  const { shown, draft, run } = model;
  if (shown && draft) keep({ id: shown.id, draft, request: shown.request, trained: run !== null });
}

window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const message = parsePanelMessage(data);
  const before = model.run;
  update(received(model, message));
  if (message.message === 'show' || before === null) remember();
});

ask({ request: 'ready' });
