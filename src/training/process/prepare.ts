/** From the command `start` to a training that is ready for its first step. */
import manifest from '../../../package.json' with { type: 'json' };
import { LIMITS, type SavedRun, type Settings, type Start } from '../../protocol.ts';
import { openBackend } from '../backends.ts';
import { defaultNativeFolder } from '../native/folder.ts';
import { checkWritable, readRun } from '../run-file.ts';
import { startTraining } from '../trainer.ts';
import { openData } from './data-set.ts';
import type { Prepare } from './driver.ts';

export const prepare: Prepare = async (start, say) => {
  if (start.out !== null) await checkWritable(start.out);
  const continues = start.continues === null ? null : await readRun(start.continues);
  const data = await openData(start.data, continues, say);
  say('Starting the backend');
  const { backend, passedOver } = await openBackendFor(start, continues);
  const settings = settingsOf(start, continues, data.train.count);
  const { version } = manifest;
  const training = await startTraining({ settings, data, backend, passedOver, version, continues });
  return { training, before: continues?.events ?? [] };
};

/** A run that goes on takes the backend that it was trained on: another one rounds differently. */
async function openBackendFor({ backend }: Start, continues: SavedRun | null): ReturnType<typeof openBackend> {
  const folder = defaultNativeFolder();
  if (backend !== 'auto' || !continues) return openBackend(backend, folder);
  try {
    return await openBackend(continues.started.backend.name, folder);
  } catch (error) {
    const hint = 'The run was trained on it; another one that is named goes on as well, but not to the last bit.';
    throw new Error(`${(error as Error).message} ${hint}`, { cause: error });
  }
}

function settingsOf(start: Start, continues: SavedRun | null, examples: number): Settings {
  const settings = continues?.started.settings ?? start.settings;
  const added = start.epochs ? start.epochs * Math.ceil(examples / settings.batchSize) : start.settings.steps;
  const steps = (continues?.state.step ?? 0) + added;
  if (steps > LIMITS.steps) throw new Error(`These are ${steps} steps, and a run has at most ${LIMITS.steps}.`);
  return { ...settings, steps };
}
