type Plain = Record<string, unknown>;
const isPlain = (value: unknown): value is Plain => typeof value === 'object' && value !== null;

/**
 * `next`, with every part that equals the same part of `before` replaced by that very object. Who compares by identity then sees
 * what changed and nothing else. For data without cycles, maps and functions.
 */
export function keepUnchanged<T>(next: T, before: unknown): T {
  if (Object.is(next, before) || !isPlain(next) || !isPlain(before)) return next;
  if (Array.isArray(next) !== Array.isArray(before)) return next;
  const entries = Object.entries(next).map(([key, value]) => [key, keepUnchanged(value, before[key])] as const);
  const isSame =
    entries.length === Object.keys(before).length &&
    entries.every(([key, value]) => Object.hasOwn(before, key) && Object.is(value, before[key]));
  if (isSame) return before as T;
  return (Array.isArray(next) ? entries.map(([, value]) => value) : Object.fromEntries(entries)) as T;
}
