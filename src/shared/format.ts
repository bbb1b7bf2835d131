/**
 * Numbers as people read them, the same in the window, on the command line and in reports: SI prefixes, a true minus
 * sign, and as many digits as the measurement carries. Everything that is not a finite number becomes an em dash.
 */
import type { Interval } from './metrics';

export const absent = '—';
const minus = '−';

/** Making one costs far more than using it, and a matrix has thousands of numbers. */
const formats = new Map<number, Intl.NumberFormat>();
function formatOf(decimals: number): Intl.NumberFormat {
  let format = formats.get(decimals);
  if (!format) {
    format = new Intl.NumberFormat('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    formats.set(decimals, format);
  }
  return format;
}

/** Numbers as they were written: while a run goes on, a matrix writes the same thousands again with each that is new. */
const written = new Map<number, Map<number, string>>();
const writtenLimit = 20_000;

function format(value: number, decimals: number): string {
  let known = written.get(decimals);
  if (!known || known.size >= writtenLimit) written.set(decimals, (known = new Map<number, string>()));
  let text = Object.is(value, -0) ? undefined : known.get(value);
  if (text === undefined) {
    text = formatOf(decimals).format(value);
    // A map does not tell the two zeros apart.
    if (!Object.is(value, -0)) known.set(value, text);
  }
  return text;
}

function grouped(value: number, decimals: number): string {
  const text = format(value, decimals);
  // Rounded to nothing, a small negative number has no sign left to show.
  return text.replace(/^-(?=[0.,]*$)/, '').replace('-', minus);
}

/** A number with a fixed count of decimals, thousands separated by commas: "1,234.50". */
export function formatNumber(value: number, decimals = 0): string {
  return Number.isFinite(value) ? grouped(value, decimals) : absent;
}

/** The number that `formatNumber` prints. */
export function roundAsPrinted(value: number, decimals: number): number {
  return Number.isFinite(value) ? Number(format(value, decimals).replaceAll(',', '')) : value;
}

/** Decimals that leave about three significant digits: 0.432, 5.60, 58.1, 412. */
export function decimalsFor(value: number): number {
  const size = Math.abs(value);
  if (size === 0 || size >= 99.95) return 0;
  if (size >= 9.995) return 1;
  return size >= 0.9995 ? 2 : 3;
}

/** Milliseconds without a unit, for columns that name it in their header. */
export function formatMsValue(milliseconds: number): string {
  return formatNumber(milliseconds, decimalsFor(milliseconds));
}

/** "5.60 ms", "58.1 ms", "0.432 ms". */
export function formatMs(milliseconds: number): string {
  return Number.isFinite(milliseconds) ? `${formatMsValue(milliseconds)} ms` : absent;
}

/** Megabytes (10^6 bytes) without a unit, for columns that name it in their header: "13.97", "102.2", "0.048". */
export function formatMegabytes(bytes: number): string {
  const megabytes = bytes / 1e6;
  const size = Math.abs(megabytes);
  return formatNumber(megabytes, size >= 99.995 ? 1 : size >= 0.0995 || size === 0 ? 2 : 3);
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes with SI prefixes (1 kB = 1000 B): "512 B", "48.12 kB", "13.97 MB", "102.2 MB". */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return absent;
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 999.95 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const decimals = unit === 0 ? 0 : Math.abs(value) >= 99.995 ? 1 : 2;
  return `${grouped(value, decimals)} ${byteUnits[unit]}`;
}

const countUnits = ['', ' k', ' M', ' G', ' T'] as const;

/** Parameters and multiply-adds, three significant digits: "3.5 M", "300 M", "4.09 G"; below 10,000 exactly: "1,234". */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return absent;
  if (Math.abs(count) < 10_000) return grouped(count, 0);
  let value = count;
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < countUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const decimals = Math.abs(value) >= 99.95 ? 0 : Math.abs(value) >= 9.995 ? 1 : 2;
  const text = grouped(value, decimals);
  return `${decimals > 0 ? text.replace(/\.?0+$/, '') : text}${countUnits[unit]}`;
}

/** "1 image", "2,104 images"; a plural that is no `s` more is given. */
export function formatCounted(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** Decimals a number was written with, at most six: 1, 0.5, 0.25. */
export function writtenDecimals(value: number): number {
  return (Number(value.toFixed(6)).toString().split('.')[1] ?? '').length;
}

/** One image in n is 100/n percent: more decimals than that carries would only be noise. */
export function percentDecimals(n: number): number {
  return n > 1000 ? 2 : 1;
}

/** "80.1 %" (of 0..100). */
export function formatPercent(percent: number, decimals = 1): string {
  return Number.isFinite(percent) ? `${grouped(percent, decimals)} %` : absent;
}

/** A difference with its sign: "+0.4", "−1.2"; what rounds to zero has none: "0.0". */
export function formatDelta(delta: number, decimals = 1): string {
  if (!Number.isFinite(delta)) return absent;
  const text = grouped(delta, decimals);
  return delta > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** Decimals of a ratio, at least two significant digits: 0.094, 0.59, 12.3. */
export function ratioDecimals(ratio: number): number {
  return ratio >= 9.995 ? 1 : ratio >= 0.0995 ? 2 : 3;
}

/** Candidate / baseline: "×0.59", "×0.094", "×12.3". */
export function formatRatio(ratio: number, decimals = ratioDecimals(ratio)): string {
  return Number.isFinite(ratio) ? `×${grouped(ratio, decimals)}` : absent;
}

/** "[−1.4, +0.6]"; each end is written by `format`. */
export function formatInterval(
  interval: Interval,
  format: (value: number) => string = (value) => formatNumber(value, 1),
): string {
  return `[${format(interval[0])}, ${format(interval[1])}]`;
}

/** Ends of a ratio interval, without the multiplication sign: "[0.57, 0.61]". */
export function formatRatioInterval(interval: Interval): string {
  return formatInterval(interval, (end) => formatNumber(end, ratioDecimals(end)));
}

/** A span of time in its two largest units: "340 ms", "4.2 s", "12 s", "3 min 20 s", "1 h 05 min", "2 d 3 h". */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds) || milliseconds < 0) return absent;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 9950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
