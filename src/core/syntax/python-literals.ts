/** The value of Python's literals, from their source text. */

/** null where a JavaScript number cannot hold it. Python 2's `0777` and `10L` are read as Python 2 does. */
export function numberOf(source: string): number | null {
  const plain = source.replaceAll('_', '').replace(/l$/i, '');
  const value = Number(/^0[0-7]+$/.test(plain) ? `0o${plain.slice(1)}` : plain);
  return Number.isFinite(value) ? value : null;
}

/** The text of a string; `start` is its prefix with the opening quote, `content` what follows up to the closing one. */
export function stringOf(start: string, content: string): string {
  return /r/i.test(start) ? content : content.replace(ESCAPE, decode);
}

const ESCAPE = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([0-7]{1,3})|\r\n|([\s\S]))/gi;

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\n': '',
  '\r': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

function decode(whole: string, hex2?: string, hex4?: string, hex8?: string, octal?: string, short?: string): string {
  const hex = hex2 ?? hex4 ?? hex8;
  const code = hex !== undefined ? Number.parseInt(hex, 16) : octal !== undefined ? Number.parseInt(octal, 8) : null;
  if (code !== null) return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  if (short === undefined) return '';
  return SHORT_ESCAPES[short] ?? whole;
}
