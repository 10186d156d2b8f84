/** The colours and the font of the editor's theme, which the page has as variables. */
import type { Theme } from './style.ts';

/**
 * The theme as the page has it now. The defaults are those of VS Code's dark theme, for a variable that a theme leaves
 * out.
 */
export function readTheme(): Theme {
  const style = getComputedStyle(document.body);
  const variable = (name: string, otherwise: string): string =>
    style.getPropertyValue(`--vscode-${name}`).trim() || otherwise;
  const foreground = variable('foreground', '#cccccc');
  return {
    background: variable('editor-background', '#1f1f1f'),
    foreground,
    quiet: variable('descriptionForeground', foreground),
    blue: variable('charts-blue', '#59a4f9'),
    yellow: variable('charts-yellow', '#cca700'),
    red: variable('charts-red', '#f14c4c'),
    fontFamily: variable('font-family', 'sans-serif'),
  };
}

/**
 * Calls back when the theme changes, until the returned function is called. The editor changes the body's class, and
 * the variables.
 */
export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
  return () => observer.disconnect();
}
