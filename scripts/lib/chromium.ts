// The browser that drives VS Code in the tests: a Chromium or Chrome of the machine.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { runQuietly } from './processes.mjs';
import { MissingPrerequisite } from './toolchain.mjs';

const candidates = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  process.env.PROGRAMFILES && path.join(process.env.PROGRAMFILES, 'Google/Chrome/Application/chrome.exe'),
];

/** Finds the browser; on Debian as root, installs it when there is none. */
export async function ensureChromium(say: (line: string) => void): Promise<string> {
  const found = findChromium();
  if (found) return found;
  if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0) {
    throw new MissingPrerequisite(
      'The tests in VS Code need Chromium: install it (on Debian: sudo apt-get install chromium), or name it in the environment variable CHROMIUM.',
    );
  }
  say("Installing Debian's chromium for the tests in VS Code (a minute) ...");
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await runQuietly('apt-get update failed', 'apt-get', ['update', '-qq'], { env });
  await runQuietly('apt-get could not install chromium', 'apt-get', ['install', '-y', '-qq', 'chromium'], { env });
  const installed = findChromium();
  if (!installed) throw new MissingPrerequisite('apt-get installed chromium, but /usr/bin/chromium is not there.');
  return installed;
}

/** Starts it headless, and without any look-up in the network. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

function findChromium(): string | undefined {
  return candidates.find((candidate) => candidate && existsSync(candidate));
}
