/** `loss-lens native`: the backend of `train` that runs on TensorFlow's own library. */
import { defaultNativeFolder, NativeProblem, nativeStatus, removeNative } from '../training/native/folder.ts';
import { installNative } from '../training/native/install.ts';
import { actionOf } from './arguments.ts';
import { cancelling } from './cancel.ts';
import { progressOn } from './progress.ts';
import { CLEAN, FAILED, type Terminal } from './run.ts';

export async function native(args: readonly string[], terminal: Terminal): Promise<number> {
  const action = actionOf('native', args, ['install', 'remove', 'status']);
  const folder = defaultNativeFolder();
  try {
    switch (action) {
      case 'install':
        return await install(folder, terminal);
      case 'remove':
        terminal.out((await removeNative(folder)) ? `Removed ${folder}\n` : `Nothing is installed in ${folder}\n`);
        return CLEAN;
      case 'status':
        terminal.out(statusText(folder));
        return CLEAN;
    }
  } catch (error) {
    if (!(error instanceof NativeProblem)) throw error;
    terminal.error(`loss-lens: ${error.message}\n`);
    return FAILED;
  }
}

async function install(folder: string, terminal: Terminal): Promise<number> {
  const progress = progressOn(terminal);
  let said = '';
  const work = async (signal: AbortSignal): Promise<number> => {
    await installNative({
      folder,
      signal,
      onProgress({ message, fraction }) {
        progress.show(fraction === undefined ? `${message} …` : `${message} … ${Math.floor(100 * fraction)} %`);
        if (message !== said) progress.mark(`${message} …`);
        said = message;
      },
    });
    progress.clear();
    terminal.out(statusText(folder));
    return CLEAN;
  };
  try {
    return await cancelling(terminal, work, () => {
      progress.clear();
      terminal.error('Cancelled: nothing was installed.\n');
    });
  } finally {
    progress.clear();
  }
}

function statusText(folder: string): string {
  const installed = nativeStatus(folder);
  if (!installed) return `The native backend is not installed. Install it with: loss-lens native install\n`;
  return `tfjs-node ${installed.tfjsNode} with TensorFlow ${installed.tensorflow} is installed in ${folder}\n`;
}
