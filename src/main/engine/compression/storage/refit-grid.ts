import type { WeightGrid } from './few-bit-grid';

/** What a least-squares fit of a layer's weights needs to know of its inputs. */
export interface LayerGram {
  /** Weights `[outputs, inputs]` times the Gram matrix (of each row's group). The numbers may be changed. */
  times(weights: Float32Array): Promise<Float32Array>;
  /** What the Gram matrix has on its diagonal for the weight at `index`. */
  diagonal(index: number): number;
}

/** Conjugate gradients end exactly after as many steps as a group has free numbers; tables of 8 and more are near enough by then. */
const mostSteps = 4;

/** a b^T, of each group by itself. */
function products(a: Float64Array, b: Float64Array, perGroup: number): Float64Array {
  const sums = new Float64Array(a.length / perGroup);
  for (let at = 0; at < a.length; at++) sums[Math.floor(at / perGroup)]! += a[at]! * b[at]!;
  return sums;
}

const ratios = (above: Float64Array, below: Float64Array): Float64Array =>
  above.map((value, group) => (below[group]! > 0 ? value / below[group]! : 0));

/**
 * The grid that, with every code as it is, brings the layer's output nearest to that of `target`: least squares over the grid's free
 * numbers by conjugate gradients, scaled by the diagonal. A step costs one product with the Gram matrix however many rows share a grid.
 * @param codes `[outputs, columns]`.
 */
export async function refitGrid(
  grid: WeightGrid,
  codes: Uint8Array,
  columns: number,
  target: Float32Array,
  gram: LayerGram,
): Promise<WeightGrid> {
  const { start, perGroup, valueFrom, addGradient } = grid.free;
  const rows = codes.length / columns;
  // As many numbers as the layer has weights: no more arrays of them than are needed at once.
  const weightsOf = (numbers: Float64Array): Float32Array => {
    const weights = new Float32Array(codes.length);
    for (let row = 0, index = 0; row < rows; row++)
      for (const end = index + columns; index < end; index++) weights[index] = valueFrom(numbers, row, codes[index]!);
    return weights;
  };
  const missingWith = (numbers: Float64Array): Float32Array => {
    const missing = weightsOf(numbers);
    for (let index = 0; index < missing.length; index++) missing[index] = target[index]! - missing[index]!;
    return missing;
  };
  const gradientOf = (weights: Float32Array): Float64Array => {
    const sums = new Float64Array(start.length);
    for (let row = 0, index = 0; row < rows; row++)
      for (const end = index + columns; index < end; index++) addGradient(sums, row, codes[index]!, weights[index]!, 1);
    return sums;
  };
  const curvatures = new Float64Array(start.length);
  for (let row = 0, index = 0; row < rows; row++)
    for (const end = index + columns; index < end; index++)
      addGradient(curvatures, row, codes[index]!, gram.diagonal(index), 2);
  const scaled = (numbers: Float64Array): Float64Array => ratios(numbers, curvatures);

  const solution = start.slice();
  const rest = gradientOf(await gram.times(missingWith(solution)));
  let direction = scaled(rest);
  let descent = products(rest, direction, perGroup);
  for (let step = 0; step < Math.min(perGroup, mostSteps); step++) {
    const product = gradientOf(await gram.times(weightsOf(direction)));
    const lengths = ratios(descent, products(direction, product, perGroup));
    for (let at = 0; at < solution.length; at++) {
      const length = lengths[Math.floor(at / perGroup)]!;
      solution[at]! += length * direction[at]!;
      rest[at]! -= length * product[at]!;
    }
    const steepest = scaled(rest);
    const next = products(rest, steepest, perGroup);
    const kept = ratios(next, descent);
    direction = steepest.map((value, at) => value + kept[Math.floor(at / perGroup)]! * direction[at]!);
    descent = next;
  }
  return grid.refitted(solution);
}
