// Builds what the packaged extension ships, into dist/:
//
//   extension.cjs               the VS Code side; loads nothing heavy
//   server.mjs, cli.mjs         the language server and the command line, sharing chunks
//   training.mjs                the training process, which the command line and the extension start
//   webview.js, webview.css     the panel's page
//   NAME-HASH.mjs               the chunks; what is imported dynamically (the TypeScript parser) is loaded on first use
//   tree-sitter*.wasm           the Python parser, read by src/workspace/parsers.ts
//   tfjs-backend-wasm*.wasm     a training backend, read by src/training/executors/eager/wasm.ts
//
//   node esbuild.mjs [--watch]

import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import esbuild from 'esbuild';

const root = path.dirname(fileURLToPath(import.meta.url));

/** Files that are copied as they are: name in dist/ → place in node_modules. */
export const copiedFiles = {
  'tree-sitter.wasm': 'web-tree-sitter/web-tree-sitter.wasm',
  'tree-sitter-python.wasm': '@vscode/tree-sitter-wasm/wasm/tree-sitter-python.wasm',
  'tfjs-backend-wasm.wasm': '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm',
  'tfjs-backend-wasm-simd.wasm': '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm': '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm',
};

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  // The extension host of the oldest VS Code we support runs Node 22; the command line also runs on Node 20.
  target: 'node20',
  minify: true,
  // An uncaught error prints the source line it comes from: keep that readable.
  lineLimit: 200,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
};

/**
 * @param {string} outdir
 * @returns {import('esbuild').BuildOptions[]}
 */
function builds(outdir) {
  return [
    {
      ...common,
      entryPoints: { extension: 'src/extension/main.ts' },
      outdir,
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      external: ['vscode'],
    },
    {
      ...common,
      entryPoints: { server: 'src/server/main.ts', cli: 'src/cli/main.ts', training: 'src/training/main.ts' },
      outdir,
      format: 'esm',
      splitting: true,
      // TensorFlow.js loads it where Node has no fetch of its own.
      external: ['node-fetch'],
      outExtension: { '.js': '.mjs' },
      chunkNames: '[name]-[hash]',
      // Bundled CommonJS packages use what only CommonJS modules have.
      define: { __filename: 'import.meta.filename', __dirname: 'import.meta.dirname' },
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
      },
    },
    {
      ...common,
      entryPoints: { webview: 'webview/main.tsx' },
      outdir,
      platform: 'browser',
      // The oldest VS Code that we support is built on Chromium 134.
      target: 'chrome134',
      format: 'esm',
      jsx: 'automatic',
      jsxImportSource: 'preact',
    },
    {
      ...common,
      entryPoints: { webview: 'webview/panel.css' },
      outdir,
      target: 'chrome134',
    },
  ];
}

/**
 * Empties `outdir` and builds into it.
 *
 * @param {string} outdir
 * @returns {Promise<import('esbuild').Metafile>} what went into which file
 */
export async function build(outdir) {
  prepare(outdir);
  const metafile = { inputs: {}, outputs: {} };
  for (const options of builds(outdir)) {
    const result = await esbuild.build(options);
    Object.assign(metafile.inputs, result.metafile?.inputs);
    Object.assign(metafile.outputs, result.metafile?.outputs);
  }
  makeExecutable(path.join(outdir, 'cli.mjs'));
  return metafile;
}

/** @param {string} file */
function makeExecutable(file) {
  const code = readFileSync(file, 'utf8');
  if (!code.startsWith('#!')) writeFileSync(file, `#!/usr/bin/env node\n${code}`);
  chmodSync(file, 0o755);
}

/** @param {string} outdir */
async function watch(outdir) {
  prepare(outdir);
  for (const options of builds(outdir)) {
    const context = await esbuild.context({ ...options, minify: false, sourcemap: true, logLevel: 'info' });
    await context.watch();
  }
}

/** @param {string} outdir */
function prepare(outdir) {
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  for (const [name, source] of Object.entries(copiedFiles)) {
    cpSync(path.join(root, 'node_modules', source), path.join(outdir, name));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const dist = path.join(root, 'dist');
  await (process.argv.includes('--watch') ? watch(dist) : build(dist));
}
