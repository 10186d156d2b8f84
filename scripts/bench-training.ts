// npm run bench:training -- [--python EXE]... [--rounds N] [--only PART,...] [--quick] [--write]
//
// Measures the training engine and prints Markdown tables; its progress goes to stderr.
//
//   --python EXE     a Python with TensorFlow or PyTorch, or both, which are measured as well; may be repeated
//   --rounds N       turns that each contender of a speed measurement has (9)
//   --only PART,...  only these parts: light, tutorial, memory, accuracy, first-step
//   --quick          two rounds of short turns: enough to see that everything runs, not to judge it
//   --write          writes the report to bench/training.md, too

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadNow, markdownOf, type Section } from '../bench/report.ts';
import { type Framework, frameworksOf, measureSpeed } from '../bench/speed.ts';
import { measureAccuracy, measureFirstStep, measureMemory } from '../bench/whole.ts';
import { drawBuiltin } from '../src/training/data/builtin.ts';
import { nativeStatus } from '../src/training/native/folder.ts';
import { nativeFolder, setUpNative } from './lib/native.ts';
import { endEverything, endEverythingOnSignal } from './lib/processes.mjs';
import { MissingPrerequisite, root } from './lib/toolchain.mjs';

endEverythingOnSignal();

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await endEverything();
}

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      python: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  const loadBefore = loadNow();
  const rounds = Number(options.rounds ?? (options.quick ? 2 : 9));
  if (!Number.isInteger(rounds) || rounds < 1) throw new MissingPrerequisite('--rounds takes a number from 1 on.');
  const seconds = options.quick ? 0.3 : 1;

  await setUpNative(say);
  const native = nativeStatus(nativeFolder);
  if (!native) throw new MissingPrerequisite('There is nothing to measure without the native training backend.');
  const frameworks: Framework[] = [];
  for (const python of options.python) {
    const found = await frameworksOf(python);
    if (found.length === 0) throw new MissingPrerequisite(`${python} has neither TensorFlow nor PyTorch.`);
    frameworks.push(...found);
  }

  const data = drawBuiltin();
  const speed = (network: 'light' | 'tutorial') => () =>
    measureSpeed({ network, data, frameworks, rounds, seconds, nativeFolder, say });
  const parts: Readonly<Record<string, () => Promise<Section>>> = {
    light: speed('light'),
    tutorial: speed('tutorial'),
    memory: () => measureMemory(nativeFolder, say),
    accuracy: () => measureAccuracy(nativeFolder, say),
    'first-step': () => measureFirstStep(nativeFolder, say),
  };
  const chosen = (options.only?.split(',') ?? Object.keys(parts)).map((name) => {
    const measure = parts[name];
    if (measure) return { name, measure };
    throw new MissingPrerequisite(`There is no part ${name}: choose from ${Object.keys(parts).join(', ')}.`);
  });
  const sections: Section[] = [];
  for (const { name, measure } of chosen) {
    say(`${name} ...`);
    sections.push(await measure());
  }

  const report = markdownOf({
    // Where a Python lies says nothing to others.
    command: ['npm run bench:training --', ...process.argv.slice(2).map((argument) => path.basename(argument))].join(
      ' ',
    ),
    versions: {
      Node: process.versions.node,
      'tfjs-node': native.tfjsNode,
      'TensorFlow of tfjs-node': native.tensorflow,
    },
    loadBefore,
    sections,
  });
  console.log(report);
  if (options.write) writeFileSync(path.join(root, 'bench/training.md'), report);
}

function say(line: string): void {
  console.error(line);
}
