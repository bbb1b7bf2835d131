/**
 * Upper tail P(T > t) of Student's t with `freedom` degrees of freedom (a positive number, not only whole ones: Welch's test
 * needs them), by the regularised incomplete beta function: Abramowitz and Stegun 26.7.1 and 26.5.27.
 */
export function studentUpperTail(t: number, freedom: number): number {
  if (Number.isNaN(t) || !(freedom > 0)) return NaN;
  const square = t * t;
  // Both forms are the same number; each is exact where the other one's argument is next to 1.
  const tail =
    square < freedom
      ? (1 - incompleteBeta(square / (freedom + square), 0.5, freedom / 2)) / 2
      : incompleteBeta(freedom / (freedom + square), freedom / 2, 0.5) / 2;
  return t >= 0 ? tail : 1 - tail;
}

/**
 * Regularised incomplete beta function I_x(a, b) by its continued fraction (DLMF 8.17.22), evaluated with Lentz's method. The
 * fraction converges fast below the mean; above it the symmetry I_x(a, b) = 1 - I_(1-x)(b, a) is used.
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  let c = 1;
  let d = inverse(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let step = 1;
    for (const term of [even, odd]) {
      d = inverse(1 + term * d);
      c = 1 + term / c;
      step = c * d;
      fraction *= step;
    }
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return front * fraction;
}

const tiny = 1e-300;
const inverse = (value: number): number => 1 / (Math.abs(value) < tiny ? tiny : value);

/** Lanczos' approximation with g = 7 and nine terms; about 15 digits for arguments above 0.5, which is all that is asked for here. */
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

function logGamma(value: number): number {
  const shifted = value - 1;
  const sum = lanczos.reduce((total, term, index) => (index === 0 ? term : total + term / (shifted + index)), 0);
  const base = shifted + 7.5;
  return Math.log(2 * Math.PI) / 2 + (shifted + 0.5) * Math.log(base) - base + Math.log(sum);
}
