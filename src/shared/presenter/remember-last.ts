/**
 * The same function, with its last answer for each `key` remembered while the rest of its arguments stays the same: while a run goes on, a
 * thousand measurements are judged again with each that is new. For pure functions of keys that nobody changes.
 */
export function rememberLast<K extends object, A extends readonly unknown[], R>(
  work: (key: K, ...rest: A) => R,
): (key: K, ...rest: A) => R {
  const last = new WeakMap<K, { rest: A; answer: R }>();
  return (key, ...rest) => {
    const known = last.get(key);
    if (known?.rest.every((value, at) => Object.is(value, rest[at]))) return known.answer;
    const answer = work(key, ...rest);
    last.set(key, { rest, answer });
    return answer;
  };
}
