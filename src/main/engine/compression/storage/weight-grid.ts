/** Weights may lie this far from a multiple, in steps; float32 rounding stays well below. */
const tolerance = 1e-3;

/**
 * The largest step of which all values are multiples, with no more than `largestMultiple` steps to the farthest; 0 where all values are zero,
 * undefined where there is none. Euclid's algorithm, which ends early on ordinary weights.
 */
export function gridStepOf(values: Float32Array, largestMultiple: number): number | undefined {
  let peak = 0;
  for (const value of values) peak = Math.max(peak, Math.abs(value));
  if (peak === 0) return 0;
  const least = peak / (largestMultiple + 0.5);
  let step = peak;
  for (const value of values) {
    let rest = Math.abs(value);
    for (;;) {
      rest = Math.abs(rest - Math.round(rest / step) * step);
      if (rest <= tolerance * least) break;
      [step, rest] = [rest, step];
      if (step < least) return undefined;
    }
  }
  // The mean of all quotients takes the rounding of single weights out.
  let [products, squares] = [0, 0];
  for (const value of values) {
    const multiple = Math.round(value / step);
    products += value * multiple;
    squares += multiple * multiple;
  }
  const refined = products / squares;
  const isMultiple = (value: number): boolean => Math.abs(value / refined - Math.round(value / refined)) <= tolerance;
  return values.every(isMultiple) ? refined : undefined;
}
