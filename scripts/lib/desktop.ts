// The desktop VS Code of the machine, started by its own executable rather than by the `code` script: the script detaches the
// editor, and then nobody could end it.

import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** The executable of an installed desktop VS Code that can show a window here, if there is one. */
export function findDesktop(): string | undefined {
  return canShowWindows() ? candidates().find((file) => existsSync(file)) : undefined;
}

/** Linux needs a display server; an editor's remote shell has none of its own. */
export function canShowWindows(): boolean {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

function candidates(): string[] {
  switch (process.platform) {
    case 'darwin': {
      const applications = ['/Applications', path.join(homedir(), 'Applications')];
      const programs = applications.map((folder) => path.join(folder, 'Visual Studio Code.app/Contents/MacOS'));
      return programs.flatMap((folder) => [path.join(folder, 'Code'), path.join(folder, 'Electron')]);
    }
    case 'win32': {
      const roots = [
        process.env.LOCALAPPDATA && path.join(process.env.LOCALAPPDATA, 'Programs'),
        process.env.PROGRAMFILES,
      ];
      return roots.filter((root) => root !== undefined).map((root) => path.join(root, 'Microsoft VS Code/Code.exe'));
    }
    default:
      return [...fromPath(), '/usr/share/code/code', '/snap/code/current/usr/share/code/code'];
  }
}

/** Linux packages put a link to INSTALLATION/bin/code on PATH, and the executable is INSTALLATION/code. */
function fromPath(): string[] {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return folders
    .map((folder) => path.join(folder, 'code'))
    .filter((script) => existsSync(script))
    .map((script) => path.join(path.dirname(realpathSync(script)), '..', 'code'));
}
