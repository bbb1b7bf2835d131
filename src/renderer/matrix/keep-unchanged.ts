type Plain = Record<string, unknown>;
const isPlain = (value: unknown): value is Plain => typeof value === 'object' && value !== null;

/**
 * `next`, with every part that equals the same part of `before` replaced by that very object. Who compares by identity then sees
 * what changed and nothing else. For data without cycles, maps and functions.
 */
export function keepUnchanged<T>(next: T, before: unknown): T {
  if (Object.is(next, before) || !isPlain(next) || !isPlain(before)) return next;
  if (Array.isArray(next) !== Array.isArray(before)) return next;
  const source = next as Plain;
  const keys = Object.keys(source);
  const kept = (Array.isArray(next) ? [] : {}) as Plain;
  let isSame = keys.length === Object.keys(before).length;
  for (const key of keys) {
    kept[key] = keepUnchanged(source[key], before[key]);
    isSame &&= Object.hasOwn(before, key) && Object.is(kept[key], before[key]);
  }
  return (isSame ? before : kept) as T;
}
