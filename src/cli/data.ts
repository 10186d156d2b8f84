/** `loss-lens data`: CIFAR-10 for `train`. */
import {
  CIFAR10_ARCHIVE,
  cifar10Folder,
  downloadCifar10,
  hasCifar10,
  removeCifar10,
} from '../training/data/download.ts';
import { DataError } from '../training/data/examples.ts';
import { actionOf } from './arguments.ts';
import { cancelling } from './cancel.ts';
import { duration, megabytes } from './numbers.ts';
import { progressOn } from './progress.ts';
import { CLEAN, FAILED, type Terminal } from './run.ts';

export async function data(args: readonly string[], terminal: Terminal): Promise<number> {
  const action = actionOf('data', args, ['download', 'remove', 'status']);
  const folder = cifar10Folder();
  try {
    switch (action) {
      case 'download':
        return await download(folder, terminal);
      case 'remove':
        terminal.out(
          (await removeCifar10(folder)) ? `Removed CIFAR-10 from ${folder}\n` : `CIFAR-10 is not in ${folder}\n`,
        );
        return CLEAN;
      case 'status':
        terminal.out(await statusText(folder));
        return CLEAN;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!(error instanceof DataError) && code === undefined) throw error;
    terminal.error(`loss-lens: ${(error as Error).message}\n`);
    return FAILED;
  }
}

async function download(folder: string, terminal: Terminal): Promise<number> {
  const { url, bytes } = CIFAR10_ARCHIVE;
  if (await hasCifar10(folder)) {
    terminal.out(await statusText(folder));
    return CLEAN;
  }
  terminal.error(`Downloading CIFAR-10, ${megabytes(bytes)}, from ${url}\nto ${folder}\n`);
  const progress = progressOn(terminal);
  let tenth = 0;
  const work = async (signal: AbortSignal): Promise<number> => {
    await downloadCifar10({
      folder,
      signal,
      onProgress({ bytes: here, total, bytesPerSecond }) {
        const left = bytesPerSecond > 0 ? ` · ${duration((total - here) / bytesPerSecond)} left` : '';
        const text = `${megabytes(here)} of ${megabytes(total)} · ${(bytesPerSecond / 1e6).toFixed(1)} MB/s${left}`;
        progress.show(here === total ? 'Checking and unpacking …' : text);
        const now = Math.floor((10 * here) / total);
        if (now > tenth) progress.mark(text);
        tenth = now;
      },
    });
    progress.clear();
    terminal.out(await statusText(folder));
    return CLEAN;
  };
  try {
    return await cancelling(terminal, work, () => {
      progress.clear();
      terminal.error('Stopped. What is here is kept: loss-lens data download goes on from there.\n');
    });
  } finally {
    progress.clear();
  }
}

async function statusText(folder: string): Promise<string> {
  return (await hasCifar10(folder))
    ? `CIFAR-10 is in ${folder}\n`
    : `CIFAR-10 is not downloaded. Download it with: loss-lens data download (${megabytes(CIFAR10_ARCHIVE.bytes)})\n`;
}
