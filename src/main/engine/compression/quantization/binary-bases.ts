/**
 * A vector as a sum of few sign vectors, each with a factor: w = a_1 s_1 + ... + a_m s_m, every s in {-1, 1}. Each sign vector is that of
 * what the ones before leave over (Guo et al. 2017, "Network Sketching"); after each, all factors are fitted anew by least squares. With
 * one base the factor is the mean magnitude (Rastegari et al. 2016, "XNOR-Net").
 */
export interface BinaryBases {
  /** Bit m of a code is 1 where base m adds its factor, 0 where it subtracts it. */
  codes: Uint8Array;
  factors: Float64Array;
}

/** Solves a small symmetric positive definite system by Gaussian elimination; undefined when it is singular. */
function solve(matrix: readonly number[][], right: readonly number[]): number[] | undefined {
  const rows = matrix.map((row, at) => [...row, right[at]!]);
  for (const [at, pivot] of rows.entries()) {
    if (Math.abs(pivot[at]!) < 1e-9 * right.length) return undefined;
    for (const [other, row] of rows.entries()) {
      if (other === at) continue;
      const factor = row[at]! / pivot[at]!;
      for (let column = at; column < row.length; column++) row[column]! -= factor * pivot[column]!;
    }
  }
  return rows.map((row, at) => row.at(-1)! / row[at]!);
}

const sign = (code: number, base: number): number => ((code >> base) & 1 ? 1 : -1);

export function binaryBases(values: Float32Array, count: number): BinaryBases {
  const codes = new Uint8Array(values.length);
  let factors: number[] = [];
  for (let base = 0; base < count; base++) {
    let magnitude = 0;
    values.forEach((value, index) => {
      const rest = factors.reduce((left, factor, known) => left - factor * sign(codes[index]!, known), value);
      if (rest >= 0) codes[index]! |= 1 << base;
      magnitude += Math.abs(rest);
    });
    const known = Array.from({ length: base + 1 }, (_, at) => at);
    const products = known.map((a) =>
      known.map((b) => codes.reduce((sum, code) => sum + sign(code, a) * sign(code, b), 0) / values.length),
    );
    const right = known.map(
      (a) => codes.reduce((sum, code, at) => sum + sign(code, a) * values[at]!, 0) / values.length,
    );
    // Equal sign vectors leave the system without a single answer; the greedy factor is one.
    factors = solve(products, right) ?? [...factors, magnitude / values.length];
  }
  return { codes, factors: Float64Array.from(factors) };
}
