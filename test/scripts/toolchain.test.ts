import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { MissingPrerequisite, requireDiskSpace, root, toolEnvironment } from '../../scripts/lib/toolchain.mjs';

describe('the toolchain', () => {
  it('says in one sentence when the disk is too full', () => {
    assert.throws(
      () => requireDiskSpace(1e9),
      (error: Error) => {
        assert.ok(error instanceof MissingPrerequisite);
        assert.match(
          error.message,
          /^Loss Lens needs about 1000000000 GB of free disk space for \S+, and only [\d.]+ GB is free\.$/,
        );
        return true;
      },
    );
    requireDiskSpace(0);
  });

  it('runs on Node 24', () => {
    assert.equal(process.versions.node.split('.')[0], '24');
  });

  it('keeps a surrounding VS Code out of our own', () => {
    process.env.VSCODE_IPC_HOOK_CLI = 'somewhere';
    try {
      assert.equal('VSCODE_IPC_HOOK_CLI' in toolEnvironment(), false);
    } finally {
      delete process.env.VSCODE_IPC_HOOK_CLI;
    }
  });

  it('locks packages without naming where they come from', () => {
    const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { resolved?: string }>;
    };
    const located = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined);
    assert.deepEqual(located, []);
  });

  it('asks for exact versions', () => {
    const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
      optionalDependencies: Record<string, string>;
      dependencies?: Record<string, string>;
    };
    assert.equal(manifest.dependencies, undefined, 'the packaged extension has no node_modules');
    for (const [name, version] of Object.entries({ ...manifest.devDependencies, ...manifest.optionalDependencies })) {
      assert.match(version, /^\d+\.\d+\.\d+$/, name);
    }
  });

  it('types VS Code as the oldest version it supports', () => {
    const { engines, devDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      engines: { vscode: string };
      devDependencies: Record<string, string>;
    };
    assert.equal(engines.vscode, `^${devDependencies['@types/vscode']}`);
  });
});
