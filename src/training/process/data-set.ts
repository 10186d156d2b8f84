/** The examples that a training is told to use. */
import type { SavedRun, Start } from '../../protocol.ts';
import { drawBuiltin } from '../data/builtin.ts';
import { loadCifar10 } from '../data/cifar10.ts';
import { cifar10Folder, hasCifar10 } from '../data/download.ts';
import type { DataSet } from '../data/examples.ts';

/**
 * Opens a data set; `auto` is that of the run that goes on, otherwise CIFAR-10 where it was downloaded.
 *
 * @param say  is told in a line what takes a while
 * @throws Error in whole sentences where there are no such examples
 */
export async function openData(
  wanted: Start['data'],
  continues: SavedRun | null,
  say: (message: string) => void,
): Promise<DataSet> {
  if (wanted.kind === 'folder') return load(wanted.folder, say);
  if (wanted.kind === 'auto' && continues?.started.data.kind !== 'builtin') {
    const folder = cifar10Folder();
    if (await hasCifar10(folder)) return load(folder, say);
    if (continues) {
      throw new Error(`The run was trained on ${continues.started.data.name}: give its folder with --data.`);
    }
  }
  say('Drawing the built-in data');
  return drawBuiltin();
}

function load(folder: string, say: (message: string) => void): Promise<DataSet> {
  say(`Reading CIFAR-10 from ${folder}`);
  return loadCifar10(folder);
}
