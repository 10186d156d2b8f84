// npm run native [-- install | remove | status]
//
// The native training backend of this checkout, in .cache/native. Without a word it is installed.

import { NativeProblem, nativeStatus, removeNative } from '../src/training/native/folder.ts';
import { install, nativeFolder } from './lib/native.ts';
import { endEverything, endEverythingOnSignal } from './lib/processes.mjs';

const commands: Readonly<Record<string, () => Promise<string>>> = {
  async install() {
    const { tfjsNode, tensorflow, way, addon } = await install({ folder: nativeFolder }, console.log);
    return `tfjs-node ${tfjsNode} with TensorFlow ${tensorflow} is installed (${way}, addon ${addon}).`;
  },
  async remove() {
    return (await removeNative(nativeFolder)) ? 'Removed.' : 'There was none.';
  },
  async status() {
    return JSON.stringify(nativeStatus(nativeFolder), null, 2);
  },
};

endEverythingOnSignal();

const [word = 'install'] = process.argv.slice(2);
try {
  const command = commands[word];
  if (!command)
    throw new NativeProblem(`There is no command ${word}: choose from ${Object.keys(commands).join(', ')}.`);
  console.log(await command());
} catch (error) {
  console.error(error instanceof NativeProblem ? error.message : error);
  process.exitCode = 1;
} finally {
  await endEverything();
}
