// The packages that the bundles contain, and their licences.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Metafile } from 'esbuild';
import { copiedFiles } from '../../esbuild.mjs';
import { root } from './toolchain.mjs';

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** The texts of its licence and notice files. */
  readonly texts: readonly string[];
}

export const noticesFile = path.join(root, 'THIRD-PARTY-NOTICES.md');

/** Inside @vscode/tree-sitter-wasm, whose own licence file does not name it. */
const pythonGrammar: BundledPackage = {
  name: 'tree-sitter-python',
  version: '0.25.0',
  license: 'MIT',
  texts: [
    `The MIT License (MIT)

Copyright (c) 2016 Max Brunsfeld

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`,
  ],
};

/** Its C++ source is compiled into the addon that the package ships for Linux. */
const nativeAddon = (): BundledPackage => {
  const { dependencies } = JSON.parse(readFileSync(path.join(root, 'native/package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const name = '@tensorflow/tfjs-node';
  // The same authors, year and licence as the library's core.
  return {
    name,
    version: dependencies[name] ?? '',
    license: 'Apache-2.0',
    texts: textsElsewhere('@tensorflow/tfjs-core'),
  };
};

/** Asks the bundler, not package.json: what it left out needs no notice, what it took in from below does. */
export function bundledPackages({ outputs }: Metafile): BundledPackage[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  const copied = Object.values(copiedFiles).map((file) => `node_modules/${file}`);
  const folders = new Set([...inputs, ...copied].map(packageFolder).filter((folder) => folder !== undefined));
  const packages = [...[...folders].map(readPackage), pythonGrammar, nativeAddon()];
  return packages.sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

export function notices(packages: readonly BundledPackage[]): string {
  const sections = packages.map(({ name, version, license, texts }) => {
    const quoted = texts.map((text) => `\`\`\`\`text\n${text}\n\`\`\`\``).join('\n\n');
    return `## ${name} ${version} (${license})\n\n${quoted}\n`;
  });
  return `# Third-party notices\n\nLoss Lens contains code of the packages below. Written by \`npm run notices\`.\n\n${sections.join('\n')}`;
}

/** 'node_modules/a/node_modules/@b/c/lib/index.js' → 'node_modules/a/node_modules/@b/c' */
function packageFolder(input: string): string | undefined {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
}

function readPackage(folder: string): BundledPackage {
  const absolute = path.join(root, folder);
  const manifest = JSON.parse(readFileSync(path.join(absolute, 'package.json'), 'utf8')) as Record<string, string>;
  const { name = folder, version = '', license = 'unknown licence' } = manifest;
  const files = readdirSync(absolute).filter((file) => /^(licen[cs]e|notice|third-?party-?notice)/i.test(file));
  const texts = files.sort().map((file) => textOf(path.join(absolute, file)));
  return { name, version, license, texts: texts.length > 0 ? texts : textsElsewhere(name) };
}

/** What packages without a licence file say of it in another one. */
function textsElsewhere(name: string): string[] {
  const read = (file: string): string => textOf(path.join(root, 'node_modules', file));
  const [, tensorflow] = /^@tensorflow\/tfjs-(core|backend-\w+)$/.exec(name) ?? [];
  if (tensorflow) {
    const [header = ''] =
      read(`${name}/dist/tf-${tensorflow}.node.js`).match(/(?<=^\/\*\*\n).+?(?=\n \* =====)/s) ?? [];
    // The Apache License 2.0 itself, which is the same in each package.
    return [header.replaceAll(/^ \* ?/gm, ''), read('long/LICENSE')];
  }
  const [section] = name === 'seedrandom' ? (read('seedrandom/README.md').match(/^LICENSE \(MIT\)\n.+/ms) ?? []) : [];
  if (section === undefined) throw new Error(`${name} has no licence file: its notice must be written by hand.`);
  return [section];
}

function textOf(file: string): string {
  return readFileSync(file, 'utf8').replaceAll('\r\n', '\n').trim();
}
