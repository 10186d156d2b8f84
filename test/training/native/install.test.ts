import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { defaultNativeFolder, NativeProblem, nativeStatus, removeNative } from '../../../src/training/native/folder.ts';
import { installNative, type Progress } from '../../../src/training/native/install.ts';
import { createFakeMachine, type FakeMachine, GOOD_ADDON, isRunning } from './fakes.ts';

const INSTALLER = path.join(import.meta.dirname, '../../../src/training/native/install.ts');
const LIBRARIES = 'node_modules/@tensorflow/tfjs-node/deps/lib';

/** No process has it: it is above the largest that systems give. */
const NO_PROCESS = 2 ** 22 + 12345;

describe('the native backend', () => {
  let fake: FakeMachine;

  beforeEach(function () {
    if (process.platform === 'win32') this.skip();
    fake = createFakeMachine();
  });

  afterEach(() => fake?.destroy());

  describe('is installed', () => {
    it("by tfjs-node's own set-up where that works", async () => {
      fake.env.FAKE_ORDINARY = 'works';
      const installation = await installNative(fake.options);
      assert.deepEqual(
        { ...installation, recipe: '', files: [] },
        { way: 'ordinary', addon: 'downloaded', tfjsNode: '4.22.0', tensorflow: '2.0-fake', recipe: '', files: [] },
      );
      assert.deepEqual(nativeStatus(fake.folder), installation);
      assert.equal(fake.commands().length, 2);
      assert.deepEqual(fake.beside(), ['native']);
    });

    it('with the TensorFlow of a wheel and a compiled addon where it does not', async () => {
      const seen: Progress[] = [];
      const { way, addon } = await installNative({ ...fake.options, onProgress: (progress) => seen.push(progress) });
      assert.deepEqual([way, addon], ['wheel', 'compiled']);
      const [packages, ordinary, pip] = fake.commands();
      assert.match(packages ?? '', /^npm ci --ignore-scripts /);
      assert.match(ordinary ?? '', /^npm rebuild @tensorflow\/tfjs-node --ignore-scripts=false/);
      assert.match(pip ?? '', /^python3 -m pip download .*--platform any tensorflow-fake==2\.0$/);
      assert.deepEqual(
        [...new Set(seen.map(({ phase }) => phase))],
        ['packages', 'own set-up', 'download', 'unpacking', 'addon', 'checking'],
      );
      assert.ok(seen.some(({ message }) => message.includes('untested on fake-x64')));
      assert.deepEqual(readdirSync(path.join(fake.folder, LIBRARIES)), [
        'libtensorflow_cc.so.2',
        'libtensorflow_framework.so.2',
      ]);
      assert.equal(existsSync(path.join(fake.folder, 'downloads')), false);
      assert.deepEqual(fake.beside(), ['native']);
    });

    it('with the addon of our package where no compiler is', async () => {
      fake.removeProgram('c++');
      assert.equal((await installNative({ ...fake.options, addon: addonWith(GOOD_ADDON) })).addon, 'shipped');
    });

    it('with a compiled addon where that of our package does not load', async () => {
      assert.equal(
        (await installNative({ ...fake.options, addon: addonWith('for another machine') })).addon,
        'compiled',
      );
    });

    it('only once', async () => {
      const first = await installNative(fake.options);
      const commands = fake.commands();
      const onProgress = () => assert.fail('there was something to do');
      assert.deepEqual(await installNative({ ...fake.options, onProgress }), first);
      assert.deepEqual(fake.commands(), commands);
    });

    it('again where a file of it is gone', async () => {
      await installNative(fake.options);
      rmSync(path.join(fake.folder, LIBRARIES, 'libtensorflow_cc.so.2'));
      assert.equal(nativeStatus(fake.folder), null);
      await installNative(fake.options);
      assert.notEqual(nativeStatus(fake.folder), null);
      assert.deepEqual(fake.beside(), ['native']);
    });

    it('again where it was installed from something else', async () => {
      const installation = await installNative(fake.options);
      const stamp = path.join(fake.folder, 'installed.json');
      writeFileSync(stamp, JSON.stringify({ ...installation, recipe: 'of an earlier version' }));
      await installNative(fake.options);
      assert.deepEqual(nativeStatus(fake.folder), installation);
    });

    it('once by two set-ups at the same time', async () => {
      const waits: string[] = [];
      const onProgress = ({ phase, message }: Progress) => phase === 'waiting' && waits.push(message);
      const options = { ...fake.options, onProgress };
      const [a, b] = await Promise.all([installNative(options), installNative(options)]);
      assert.deepEqual(a, b);
      assert.deepEqual(waits, [`Process ${process.pid} is installing into the same folder: waiting`]);
      assert.equal(fake.commands().filter((line) => line.startsWith('npm ')).length, 2);
      assert.deepEqual(fake.beside(), ['native']);
    });

    it('although a set-up that is gone has left its lock and its files', async () => {
      const staging = `${fake.folder}.staging-${NO_PROCESS}-1`;
      mkdirSync(staging, { recursive: true });
      writeFileSync(path.join(staging, 'half'), '');
      writeFileSync(`${fake.folder}.lock`, String(NO_PROCESS));
      await installNative(fake.options);
      assert.deepEqual(fake.beside(), ['native']);
    });

    it('although the process of an old lock has an id that another one has now', async () => {
      mkdirSync(path.dirname(fake.folder));
      writeFileSync(`${fake.folder}.lock`, String(process.ppid));
      const longAgo = new Date(Date.now() - 3600_000);
      utimesSync(`${fake.folder}.lock`, longAgo, longAgo);
      await installNative(fake.options);
      assert.deepEqual(fake.beside(), ['native']);
    });
  });

  describe('is not installed, and nothing of it stays,', () => {
    afterEach(() => assert.deepEqual(fake.beside(), []));

    it('where neither way works, which takes one line each', async () => {
      fake.removeProgram('python3');
      await assert.rejects(
        installNative(fake.options),
        problem(
          "tfjs-node's own set-up: npm failed: Error: getaddrinfo ENOTFOUND its.host\n" +
            'TensorFlow from its wheel: pip failed: There is no python3 on PATH.',
        ),
      );
    });

    it('where the registry of npm does not answer, which is tried once', async () => {
      fake.env.FAKE_REGISTRY = 'silent';
      await assert.rejects(installNative(fake.options), problem('npm failed: network request'));
      assert.equal(fake.commands().length, 1);
    });

    it('where pip brings another file than ours', async () => {
      const machine = fake.serveWheel(addonWith('not the wheel'), 'wrong');
      await assert.rejects(
        installNative({ ...fake.options, machine }),
        problem(/another file.*its SHA-256 is [0-9a-f]{64}, not/),
      );
      assert.equal(
        fake.commands().some((line) => line.startsWith('python3 -c')),
        false,
      );
    });

    it('where a wheel would write outside of its folder', async function () {
      const { stdout } = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
      if (!stdout) return this.skip();
      const wheel = addonWith('');
      const names = ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'];
      const odd = 'tensorflow/include/tensorflow/c/../../../../../../../../odd.h';
      const make =
        'import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], "w") as z:\n for n in sys.argv[2:]: z.writestr(n, n)';
      execFileSync('python3', ['-c', make, wheel, ...names, odd]);
      const machine = fake.serveWheel(wheel, 'right');
      fake.env.FAKE_PYTHON = stdout.trim();
      await assert.rejects(
        installNative({ ...fake.options, machine }),
        problem(/odd name 'tensorflow\/include\/.*odd\.h'/),
      );
    });

    it('where the compiler fails', async () => {
      fake.removeProgram('c++');
      await assert.rejects(
        installNative({ ...fake.options, addon: addonWith('for another machine') }),
        problem(
          /the addon of our package does not load: .*, and c\+\+ does not compile one: There is no c\+\+ on PATH/,
        ),
      );
    });

    it('where the disk is too full', async () => {
      const machine = { ...fake.machine, freeBytes: async () => 0.4e9 };
      await assert.rejects(
        installNative({ ...fake.options, machine }),
        problem(/needs 1\.3 GB of .*only 0\.4 GB is free/),
      );
      assert.deepEqual(fake.commands(), []);
    });

    it('where it is cancelled, which ends all that it has started', async () => {
      fake.env.FAKE_DOWNLOAD = 'hangs';
      const cancelling = new AbortController();
      const installing = installNative({ ...fake.options, signal: cancelling.signal });
      const pids = await fake.hangingProcesses();
      assert.deepEqual(pids.map(isRunning), [true, true]);
      cancelling.abort(new Error('the user has changed their mind'));
      await assert.rejects(installing, /changed their mind/);
      assert.deepEqual(pids.map(isRunning), [false, false]);
    });
  });

  it('is not installed over what is no native backend', async () => {
    mkdirSync(fake.folder, { recursive: true });
    writeFileSync(path.join(fake.folder, 'thesis.tex'), 'years of work');
    await assert.rejects(installNative(fake.options), problem(/holds something that is no native backend/));
    await assert.rejects(removeNative(fake.folder), problem(/holds something that is no native backend/));
    assert.deepEqual(readdirSync(fake.folder), ['thesis.tex']);
  });

  it('is not installed where the disk refuses it, and the message says so', async () => {
    const inFile = path.join(fake.env.FAKE_WHEEL ?? '', 'native');
    await assert.rejects(
      installNative({ ...fake.options, folder: inFile }),
      problem(/served\.whl.* cannot be changed: /),
    );
  });

  it('has nothing under its name after a set-up was killed, and the next one cleans up', async () => {
    fake.env.FAKE_DOWNLOAD = 'hangs';
    const program = `
      import { installNative } from ${JSON.stringify(INSTALLER)};
      const machine = { ...${JSON.stringify(fake.machine)}, freeBytes: async () => 1e12 };
      await installNative({ folder: ${JSON.stringify(fake.folder)}, machine, addon: null });
    `;
    const killed = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
    const pids = await fake.hangingProcesses();
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    assert.deepEqual(
      fake.beside().map((name) => name.replace(/-.*/, '')),
      ['native.lock', 'native.staging'],
    );
    fake.env.FAKE_DOWNLOAD = 'works';
    await installNative(fake.options);
    assert.deepEqual(fake.beside(), ['native']);
  });

  describe('is removed', () => {
    it('with all that belongs to it', async () => {
      await installNative(fake.options);
      assert.equal(await removeNative(fake.folder), true);
      assert.deepEqual(fake.beside(), []);
      assert.equal(await removeNative(fake.folder), false);
    });

    it('not while it is being installed', async () => {
      fake.env.FAKE_DOWNLOAD = 'hangs';
      const cancelling = new AbortController();
      const installing = installNative({ ...fake.options, signal: cancelling.signal });
      await fake.hangingProcesses();
      await assert.rejects(removeNative(fake.folder), problem(`Process ${process.pid} is setting up ${fake.folder}. `));
      cancelling.abort();
      await assert.rejects(installing, { name: 'AbortError' });
    });
  });

  it('takes no stamp for true that is none', async () => {
    const installation = await installNative(fake.options);
    const stamp = path.join(fake.folder, 'installed.json');
    assert.deepEqual(JSON.parse(readFileSync(stamp, 'utf8')), installation);
    for (const text of ['', 'null', '{}', JSON.stringify({ ...installation, files: 'all' })]) {
      writeFileSync(stamp, text);
      assert.equal(nativeStatus(fake.folder), null, text);
    }
  });

  function addonWith(content: string): string {
    const file = path.join(path.dirname(fake.env.FAKE_WHEEL ?? ''), 'given');
    writeFileSync(file, content);
    return file;
  }
});

describe('the folder of the native backend', () => {
  it('is the one that LOSS_LENS_NATIVE names', () => {
    assert.equal(defaultNativeFolder({ LOSS_LENS_NATIVE: '/data/tf' }), path.resolve('/data/tf'));
  });

  it('lies in the XDG data folder on Linux, where that is an absolute path', function () {
    if (process.platform !== 'linux') this.skip();
    assert.equal(defaultNativeFolder({ XDG_DATA_HOME: '/data' }), '/data/loss-lens/native');
    assert.match(defaultNativeFolder({ XDG_DATA_HOME: 'data' }), /\/\.local\/share\/loss-lens\/native$/);
  });
});

/** A problem for the user with this text, or with this at the start of a line of it. */
function problem(text: string | RegExp) {
  return (error: unknown): true => {
    assert.ok(error instanceof NativeProblem, String(error));
    if (typeof text === 'string') assert.ok(error.message.startsWith(text), error.message);
    else assert.match(error.message, text);
    return true;
  };
}
