/** Numbers as people read them. */

export const whole = (x: number): string => Math.round(x).toLocaleString('en-US');

/** Three digits; `NaN` and `Infinity` as they are. */
export function short(x: number): string {
  if (!Number.isFinite(x)) return String(x);
  const size = Math.abs(x);
  if (size !== 0 && (size >= 1e5 || size < 1e-3)) return x.toExponential(1);
  return size >= 1000 ? whole(x) : x.toPrecision(3);
}

export const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

export function duration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}
