import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadCifar10 } from '../../../src/training/data/cifar10.ts';
import {
  CIFAR10_ARCHIVE,
  cifar10Folder,
  type DownloadOptions,
  downloadCifar10,
  hasCifar10,
  type Progress,
} from '../../../src/training/data/download.ts';

interface Member {
  readonly name: string;
  readonly content?: Uint8Array | string;
  /** Of the tar format: 0 file, 1 hard link, 2 symbolic link, 3 device, 5 folder. */
  readonly type?: '0' | '1' | '2' | '3' | '5';
  readonly link?: string;
  /** Where the header is to lie. */
  readonly size?: number;
}

/** A tar archive of members as they are given, however wrong. */
function tar(members: readonly Member[]): Buffer {
  const blocks = members.flatMap(({ name, content = '', type = '0', link = '', size }) => {
    const body = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${(size ?? body.length).toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write(type, 156);
    header.write(link, 157, 100);
    header.write('ustar\x0000', 257);
    header.write(
      `${header
        .reduce((a, b) => a + b)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const inside = (name: string) => `cifar-10-batches-bin/${name}`;

/** Images of noise, which does not compress, so that the archive takes many packets. */
function images(label: number): Buffer {
  const bytes = randomBytes(40 * 3073);
  for (let i = 0; i < 40; i++) bytes[i * 3073] = label;
  return bytes;
}

const files: Readonly<Record<string, Uint8Array | string>> = {
  ...Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`data_batch_${i}.bin`, images(i)])),
  'test_batch.bin': images(9),
  'batches.meta.txt': 'airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n',
  'readme.html': '<html></html>',
};
const members: readonly Member[] = [
  { name: 'cifar-10-batches-bin/', type: '5' },
  ...Object.entries(files).map(([name, content]) => ({ name: inside(name), content })),
];
const official = gzipSync(tar(members), { level: 1 });

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Answers as a good server does, ranges included. */
function serve(archive: Buffer, request: IncomingMessage, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const body = archive.subarray(from);
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': body.length,
    ...(from > 0 ? { 'content-range': `bytes ${from}-${archive.length - 1}/${archive.length}` } : {}),
  });
  response.end(body);
}

describe('the download of CIFAR-10', () => {
  let folder: string;
  let server: Server;
  let url: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let requests: IncomingMessage[];

  beforeEach(async () => {
    folder = path.join(mkdtempSync(path.join(tmpdir(), 'loss-lens-download-')), 'data');
    requests = [];
    answer = (request, response) => serve(official, request, response);
    server = createServer((request, response) => {
      requests.push(request);
      answer(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cifar-10-binary.tar.gz`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    rmSync(path.dirname(folder), { recursive: true });
  });

  function download(options: Partial<DownloadOptions> = {}): Promise<string> {
    return downloadCifar10({ folder, url, bytes: official.length, sha256: sha256(official), ...options });
  }

  const fails = (message: RegExp, options?: Partial<DownloadOptions>) =>
    assert.rejects(download(options), { name: 'DataError', message });

  const part = () => path.join(folder, 'cifar-10-binary.tar.gz.part');
  const kept = () => (existsSync(part()) ? readFileSync(part()).length : null);
  const left = () => readdirSync(folder).sort();

  /** Begins to send, and then does something else. */
  function sendPart(bytes: number, then: (response: ServerResponse) => void) {
    return (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { 'content-length': official.length });
      response.write(official.subarray(0, bytes), () => setTimeout(() => then(response), 50));
    };
  }

  it('puts all files where they can be loaded, and leaves nothing else', async () => {
    const data = await download();
    assert.equal(data, path.join(folder, 'cifar-10-batches-bin'));
    assert.deepEqual(left(), ['cifar-10-batches-bin']);
    for (const [name, content] of Object.entries(files)) {
      assert.ok(readFileSync(path.join(data, name)).equals(Buffer.from(content)), name);
    }
    const { train, heldOut } = await loadCifar10(folder);
    assert.deepEqual([train.count, heldOut.count], [200, 40]);
  });

  it('asks nobody where the data are there already', async () => {
    assert.equal(await hasCifar10(folder), false);
    const data = await download();
    assert.equal(await hasCifar10(folder), true);
    assert.equal(await download(), data);
    assert.equal(requests.length, 1);
  });

  it('tells how far it is', async () => {
    const seen: Progress[] = [];
    await download({ onProgress: (progress) => seen.push(progress) });
    const last = seen.at(-1)!;
    assert.deepEqual([last.bytes, last.total], [official.length, official.length]);
    assert.ok(last.bytesPerSecond > 0);
    assert.ok(seen.every(({ bytes }, i) => bytes > (seen[i - 1]?.bytes ?? 0)));
  });

  it('goes on where the connection was cut', async () => {
    answer = sendPart(300_000, (response) => response.destroy());
    await fails(/The connection to 127\.0\.0\.1:\d+ failed .* are kept: download again to go on from there/);
    assert.equal(kept(), 300_000);
    answer = (request, response) => serve(official, request, response);
    const seen: Progress[] = [];
    await download({ onProgress: (progress) => seen.push(progress) });
    assert.equal(requests[1]?.headers.range, 'bytes=300000-');
    assert.ok(seen[0]!.bytes > 300_000);
  });

  it('begins again where the server knows no ranges', async () => {
    mkdirSync(folder);
    writeFileSync(part(), Buffer.alloc(1000));
    answer = (_, response) => response.writeHead(200, { 'content-length': official.length }).end(official);
    await download();
  });

  it('needs no server for a part that is whole, and begins again with one that is too long', async () => {
    mkdirSync(folder);
    writeFileSync(part(), official);
    await download();
    assert.equal(requests.length, 0);
    rmSync(path.join(folder, 'cifar-10-batches-bin'), { recursive: true });
    writeFileSync(part(), Buffer.concat([official, Buffer.alloc(1)]));
    await download();
    assert.equal(requests.length, 1);
  });

  it('gives up a server that falls silent, and keeps what came', async () => {
    answer = sendPart(200_000, () => {});
    await fails(/sent nothing for 0\.3 s\. 0\.2 MB of .* are kept/, { stallSeconds: 0.3 });
    assert.equal(kept(), 200_000);
  });

  it('gives up a server that never answers', async () => {
    answer = () => {};
    await fails(/sent nothing for 0\.2 s/, { stallSeconds: 0.2 });
  });

  it('waits for a slow server that sends now and then', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': official.length });
      const step = Math.ceil(official.length / 5);
      const send = (at: number): unknown =>
        at >= official.length
          ? response.end()
          : response.write(official.subarray(at, at + step), () => setTimeout(() => send(at + step), 100));
      send(0);
    };
    await download({ stallSeconds: 0.4 });
  });

  it('stops when it is cancelled, and goes on later', async () => {
    const controller = new AbortController();
    answer = sendPart(200_000, () => controller.abort());
    await assert.rejects(download({ signal: controller.signal }), { name: 'AbortError' });
    assert.deepEqual(left(), ['cifar-10-binary.tar.gz.part']);
    answer = (request, response) => serve(official, request, response);
    await download();
    assert.equal(requests[1]?.headers.range, 'bytes=200000-');
  });

  it('does not begin when it is cancelled before', async () => {
    await assert.rejects(download({ signal: AbortSignal.abort() }), { name: 'AbortError' });
    assert.equal(requests.length, 0);
  });

  it('refuses a file of another size before it takes a byte of it', async () => {
    mkdirSync(folder);
    writeFileSync(part(), official.subarray(0, 1000));
    answer = (_, response) => response.writeHead(200, { 'content-length': 5 }).end('hello');
    await fails(/offers a file of 5 bytes, and CIFAR-10 has \d+/);
    answer = (_, response) =>
      response.writeHead(206, { 'content-range': 'bytes 1000-1004/1005', 'content-length': 5 }).end('hello');
    await fails(/offers a file of 1005 bytes/);
    answer = (_, response) =>
      response.writeHead(206, { 'content-range': 'bytes 1000-1004/*', 'content-length': 5 }).end('hello');
    await fails(/offers 5 bytes, and \d+ are missing/);
    assert.equal(kept(), 1000);
  });

  it('removes what is too long or too short though the server did not say so', async () => {
    answer = (_, response) => response.writeHead(200).end(Buffer.concat([official, Buffer.alloc(10)]));
    await fails(/more than the \d+ bytes of CIFAR-10 came\. It was removed/);
    assert.equal(kept(), null);
    answer = (_, response) => response.writeHead(200).end('<html>Sign in to this network</html>');
    await fails(/only 36 of the \d+ bytes of CIFAR-10 came\. It was removed/);
    assert.equal(kept(), null);
  });

  it('removes what does not have the right checksum', async () => {
    const wrong = Buffer.from(official);
    wrong[5000]! ^= 1;
    answer = (request, response) => serve(wrong, request, response);
    await fails(/its SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}\. It was removed/);
    assert.deepEqual(left(), []);
  });

  it('removes its part where the server sends another one than was asked for', async () => {
    mkdirSync(folder);
    writeFileSync(part(), official.subarray(0, 1000));
    answer = (_, response) =>
      response
        .writeHead(206, { 'content-range': `bytes 500-${official.length - 1}/${official.length}` })
        .end(official.subarray(500));
    await fails(/sent another part of the file/);
    assert.equal(kept(), null);
    writeFileSync(part(), official.subarray(0, 1000));
    answer = (_, response) => response.writeHead(416).end();
    await fails(/has no more than what is here/);
    assert.equal(kept(), null);
  });

  it('says what the server answers, and what else can be done', async () => {
    answer = (_, response) => response.writeHead(503).end();
    await fails(/answered 503 Service Unavailable to http.*: try again later, or unpack cifar-10-binary\.tar\.gz/);
    await fails(/The connection to 127\.0\.0\.1:1 failed \(.*\)\. Try again later, or unpack/, {
      url: 'http://127.0.0.1:1/',
    });
  });

  it('follows redirections on the same host, not to others without encryption, and not for ever', async () => {
    answer = (request, response) =>
      request.url === '/moved'
        ? serve(official, request, response)
        : response.writeHead(302, { location: '/moved' }).end();
    await download();
    rmSync(folder, { recursive: true });
    answer = (_, response) => response.writeHead(301, { location: 'http://127.0.0.2/' }).end();
    await fails(/sends us on to "http:\/\/127\.0\.0\.2\/", which is no safe address/);
    answer = (_, response) => response.writeHead(301, { location: 'file:///etc/passwd' }).end();
    await fails(/no safe address/);
    answer = (request, response) => response.writeHead(302, { location: `${request.url}x` }).end();
    await fails(/without end/);
  });

  it('needs room on the disk before it begins', async () => {
    await fails(/There is not enough space .* Make room, or name another folder/, { bytes: 2 ** 60 });
    assert.equal(requests.length, 0);
  });

  it('says where it may not write', async () => {
    writeFileSync(folder, '');
    await fails(/could not be put into .*data: /);
  });

  it('says that permission is denied', async function () {
    // Nothing is denied to root, and Windows has other permissions.
    if (process.getuid?.() === 0 || process.platform === 'win32') this.skip();
    mkdirSync(folder, { mode: 0o500 });
    await fails(/may not be written: name another folder/);
  });

  it('leaves alone a folder of the same name that is not complete', async () => {
    mkdirSync(path.join(folder, 'cifar-10-batches-bin'), { recursive: true });
    await fails(/is there but not complete: move it away/);
    assert.equal(requests.length, 0);
  });

  it('is not begun twice at a time, but a lock that a killed process left does not matter', async () => {
    answer = sendPart(1000, () => {});
    const controller = new AbortController();
    const first = download({ signal: controller.signal });
    while (requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await fails(new RegExp(`is being downloaded to this folder by process ${process.pid}`));
    controller.abort();
    await assert.rejects(first, { name: 'AbortError' });
    writeFileSync(path.join(folder, 'cifar-10.lock'), '4194305');
    mkdirSync(path.join(folder, 'cifar-10-batches-bin.unpacking'));
    answer = (request, response) => serve(official, request, response);
    await download();
    assert.deepEqual(left(), ['cifar-10-batches-bin']);
  });

  describe('unpacks an archive', () => {
    /** Downloads an archive whose checksum is right, whatever is in it. */
    function unpack(archive: Buffer): Promise<string> {
      answer = (request, response) => serve(archive, request, response);
      return download({ bytes: archive.length, sha256: sha256(archive) });
    }

    /** All that is outside of the data's folder. */
    const outside = () =>
      readdirSync(path.dirname(folder), { recursive: true }).filter((name) => !/batches-bin/.test(`${name}`));

    async function refuses(changed: readonly Member[], message: RegExp): Promise<void> {
      await assert.rejects(unpack(gzipSync(tar(changed), { level: 1 })), { name: 'DataError', message });
      assert.deepEqual(left(), ['cifar-10-binary.tar.gz.part']);
      rmSync(folder, { recursive: true });
    }

    /** The members with one in place of the file of that name. */
    const instead = (name: string, member: Omit<Member, 'name'>) =>
      members.map((other) => (other.name === inside(name) ? { name: other.name, ...member } : other));

    it('without what lies outside of its folder or does not belong to it', async () => {
      const target = path.join(path.dirname(folder), 'target');
      mkdirSync(target);
      const evil: readonly Member[] = [
        { name: '../evil', content: 'x' },
        { name: inside('../../evil'), content: 'x' },
        { name: path.join(path.dirname(folder), 'evil'), content: 'x' },
        { name: inside('link'), type: '2', link: target },
        { name: inside('link/evil'), content: 'x' },
        { name: inside('hard'), type: '1', link: '/etc/hostname' },
        { name: inside('device'), type: '3' },
        { name: inside('data_batch_6.bin'), content: images(1) },
        { name: `${inside('..\\evil')}`, content: 'x' },
      ];
      const data = await unpack(gzipSync(tar([...evil, ...members, ...evil])));
      assert.deepEqual(readdirSync(data).sort(), Object.keys(files).sort());
      assert.deepEqual(outside().sort(), ['data', 'target']);
    });

    it('only where its files are files, each once, and of a size that images have', async () => {
      await refuses(
        instead('data_batch_3.bin', { type: '2', link: '/etc/passwd' }),
        /data_batch_3\.bin is a SymbolicLink/,
      );
      await refuses(instead('data_batch_3.bin', { type: '1', link: '/etc/passwd' }), /data_batch_3\.bin is a Link/);
      await refuses(instead('test_batch.bin', { type: '3' }), /test_batch\.bin is a CharacterDevice/);
      await refuses(instead('test_batch.bin', { type: '5' }), /test_batch\.bin is a Directory/);
      await refuses(instead('test_batch.bin', {}), /the 0 bytes of test_batch\.bin are no images/);
      await refuses(instead('test_batch.bin', { content: 'abc' }), /the 3 bytes of test_batch\.bin are no images/);
      await refuses([...members, members[1]!], /data_batch_1\.bin comes twice/);
      await refuses(members.slice(0, -3), /test_batch\.bin, batches\.meta\.txt is not in it/);
      await refuses(instead('data_batch_1.bin', { size: 8 ** 11 - 1 }), /data_batch_1\.bin has 8589934591 bytes/);
      await refuses(instead('readme.html', { content: Buffer.alloc(100_000) }), /readme\.html has 100000 bytes/);
    });

    it('only up to the size that CIFAR-10 has', async () => {
      // One compressed piece of zeros after the other is one long member.
      const zeros = gzipSync(Buffer.alloc(10_000_000));
      const header = gzipSync(tar([{ name: 'bomb', size: 190_000_000 }]).subarray(0, 512));
      const bomb = Buffer.concat([header, ...Array.from({ length: 19 }, () => zeros), official]);
      await assert.rejects(unpack(bomb), { name: 'DataError', message: /it unpacks to more than 185380000 bytes/ });
      assert.deepEqual(left(), ['cifar-10-binary.tar.gz.part']);
    });

    it('only where it is whole', async () => {
      const whole = tar(members);
      const refused = { name: 'DataError', message: /is not the archive of CIFAR-10/ };
      await assert.rejects(unpack(gzipSync(whole.subarray(0, 100_000))), refused);
      rmSync(folder, { recursive: true });
      await assert.rejects(unpack(official.subarray(0, 100_000)), refused);
      rmSync(folder, { recursive: true });
      await assert.rejects(unpack(Buffer.from('not compressed at all')), refused);
      rmSync(folder, { recursive: true });
      await assert.rejects(unpack(gzipSync(official)), { message: /it is compressed twice/ });
      assert.deepEqual(left(), ['cifar-10-binary.tar.gz.part']);
    });

    it('not through a link that somebody put in its way', async () => {
      const target = path.join(path.dirname(folder), 'target');
      mkdirSync(target);
      mkdirSync(folder);
      symlinkSync(target, path.join(folder, 'cifar-10-batches-bin.unpacking'));
      await unpack(official);
      assert.deepEqual(readdirSync(target), []);
    });
  });
});

describe('the archive of CIFAR-10', () => {
  it('is the official one', () => {
    assert.equal(new URL(CIFAR10_ARCHIVE.url).host, 'www.cs.toronto.edu');
    assert.equal(CIFAR10_ARCHIVE.bytes, 170_052_171);
  });

  it('is kept where the platform keeps the data of programs, or where the user says', () => {
    assert.equal(cifar10Folder({ LOSS_LENS_DATA: '/data' }, 'linux', '/home/u'), '/data');
    assert.equal(cifar10Folder({}, 'linux', '/home/u'), '/home/u/.local/share/loss-lens');
    assert.equal(cifar10Folder({ XDG_DATA_HOME: '/xdg' }, 'linux', '/home/u'), '/xdg/loss-lens');
    assert.equal(cifar10Folder({ XDG_DATA_HOME: 'relative' }, 'linux', '/home/u'), '/home/u/.local/share/loss-lens');
    assert.equal(cifar10Folder({}, 'darwin', '/Users/u'), '/Users/u/Library/Application Support/loss-lens');
    assert.equal(cifar10Folder({}, 'win32', 'C:\\Users\\u'), 'C:\\Users\\u\\AppData\\Local\\loss-lens');
    assert.equal(cifar10Folder({ LOCALAPPDATA: 'D:\\Local' }, 'win32', 'C:\\Users\\u'), 'D:\\Local\\loss-lens');
  });
});
