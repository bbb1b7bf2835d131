/** Evenly spaced numbers from `from` on; `to` is the last where the steps reach it. */
export interface NumberSpan {
  from: number;
  to: number;
  step: number;
}

const names: readonly string[] = ['from', 'to', 'step'];

/** Whether a value is meant as a span: names with values, among them those of a span. */
export function isSpan(value: unknown): value is Partial<Record<keyof NumberSpan, unknown>> {
  return typeof value === 'object' && value !== null && Object.keys(value).some((key) => names.includes(key));
}

/** How many numbers a span has, 0 where its steps lead away from `to` or nowhere; undefined where they have too many digits to be counted. */
export function spanCount({ from, to, step }: NumberSpan): number | undefined {
  const scale = scaleOf(from, to, step);
  const [first, last, by] = [from, to, step].map((value) => Math.round(value * scale)) as [number, number, number];
  if (![first, last, by, last - first].every(Number.isSafeInteger)) return undefined;
  return by === 0 ? 0 : Math.max(0, Math.floor((last - first) / by) + 1);
}

/** Number `index` of a span, the one that its decimal digits stand for: 0.3 and two steps of 0.1 are 0.5. */
export function spanValue({ from, step }: NumberSpan, index: number): number {
  const scale = scaleOf(from, step);
  // Two whole numbers that are exact: their quotient is the double nearest to the decimal.
  return (Math.round(from * scale) + index * Math.round(step * scale)) / scale;
}

/** The power of ten that makes all of them whole. */
const scaleOf = (...values: number[]): number => 10 ** Math.max(...values.map(decimalsOf));

/** Decimals that a number is written with: 2 for 0.05, 7 for 1e-7. */
function decimalsOf(value: number): number {
  const [digits = '', exponent = '0'] = String(value).split('e');
  return Math.max(0, (digits.split('.')[1]?.length ?? 0) - Number(exponent));
}
