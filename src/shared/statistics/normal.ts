/** 97.5 % quantile of the normal distribution: two-sided 95 % intervals. */
export const normalQuantile95 = 1.959963984540054;

/** Upper tail P(Z > z) of the normal distribution, to about 1e-16: the series of Marsaglia (2004), "Evaluating the Normal Distribution". */
export function normalUpperTail(z: number): number {
  if (Number.isNaN(z)) return NaN;
  if (Math.abs(z) > 8) return z > 0 ? 0 : 1;
  let term = z;
  let sum = z;
  for (let odd = 3; Math.abs(term) > 1e-18 * Math.abs(sum); odd += 2) sum += term *= (z * z) / odd;
  return Math.max(0, 0.5 - (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI));
}

/** The z with P(Z > z) = `upperTail`, for tails from 1e-12 to 0.5: bisection, to the precision of numbers. */
export function normalQuantile(upperTail: number): number {
  let [low, high] = [0, 8];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (normalUpperTail(middle) > upperTail) low = middle;
    else high = middle;
  }
}
