import { cholesky, damp } from '../algebra/cholesky';
import { solve } from '../reconstruction/layer-reconstruction';
import { subMatrix, zeros, type Matrix, type MatrixProducts } from '../algebra/matrix-products';
import { symmetricEigen, symmetricEigenvalues } from '../algebra/symmetric-eigen';
import { transposed } from '../algebra/transpose-matrix';

/**
 * Low-rank layers. The rank-r weights nearest to W in the *output* of the layer, on inputs x with Gram matrix H = sum x x^T, are U U^T W with U
 * the leading eigenvectors of W H W^T: the principal components of the output (Zhang et al. 2015, "Accelerating very deep convolutional networks
 * for classification and detection"). The error is the sum of the other eigenvalues.
 */
export interface Factors {
  /** `[rows, rank]`. */
  left: Matrix;
  /** `[rank, columns]`. */
  right: Matrix;
}

const dampingShare = 1e-6;

/** W L with L L^T = H: |W L|^2 is the output's energy. */
async function outputSpread(weights: Matrix, gram: Matrix, products: MatrixProducts): Promise<Matrix> {
  const damped = { ...gram, data: gram.data.slice() };
  damp(damped, dampingShare);
  return products.times(weights, await cholesky(damped, products));
}

/** The smaller of the two symmetric matrices that have the energies of the output as eigenvalues. */
async function energyMatrix(
  weights: Matrix,
  gram: Matrix,
  products: MatrixProducts,
): Promise<{ matrix: Matrix; spread?: Matrix }> {
  if (weights.rows <= weights.columns) {
    const energies = await products.timesTransposed(await products.times(weights, gram), weights);
    return { matrix: energies };
  }
  const spread = await outputSpread(weights, gram, products);
  const across = transposed(spread);
  return { matrix: await products.timesTransposed(across, across), spread };
}

/** The energy of each principal component of the layer's output, largest first; what ranks beyond lose is the sum of the rest. */
export async function outputEnergies(weights: Matrix, gram: Matrix, products: MatrixProducts): Promise<Float64Array> {
  const { matrix } = await energyMatrix(weights, gram, products);
  return symmetricEigenvalues(matrix.data, matrix.rows).map((value) => Math.max(0, value));
}

export interface OutputComponents {
  /** As `outputEnergies` gives them. */
  energies: Float64Array;
  /** Row i is the unit direction of component i in the output, `[components, rows]`. */
  basis: Matrix;
}

/** The principal components of a layer's output. @param weights `[rows, columns]`. @param gram `[columns, columns]`. */
export async function outputComponents(
  weights: Matrix,
  gram: Matrix,
  products: MatrixProducts,
): Promise<OutputComponents> {
  const { matrix, spread } = await energyMatrix(weights, gram, products);
  const { values, vectors } = symmetricEigen(matrix.data, matrix.rows);
  const energies = values.map((value) => Math.max(0, value));
  const directions: Matrix = { rows: matrix.rows, columns: matrix.rows, data: Float32Array.from(vectors) };
  if (!spread) return { energies, basis: directions };
  // With more rows than columns these are directions of the input; the layer turns them into those of the output.
  const basis = await products.timesTransposed(directions, spread);
  normalizeRows(basis);
  return { energies, basis };
}

/**
 * The best factors of rank `rank` for a layer's output; see above. The scale of each inner channel is shared out between the two, so that inner channels
 * differ less in size.
 */
export async function lowRankFactors(
  weights: Matrix,
  { energies, basis }: OutputComponents,
  rank: number,
  products: MatrixProducts,
): Promise<Factors> {
  const leading = subMatrix(basis, 0, rank, 0, basis.columns);
  const right = await products.times(leading, weights);
  const left = transposed(leading);
  for (let inner = 0; inner < rank; inner++) {
    const scale = (energies[inner]! / energies[0]!) ** 0.25 || 1;
    for (let column = 0; column < right.columns; column++) right.data[inner * right.columns + column]! /= scale;
    for (let row = 0; row < left.rows; row++) left.data[row * rank + inner]! *= scale;
  }
  return { left, right };
}

function normalizeRows({ rows, columns, data }: Matrix): void {
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * columns, (row + 1) * columns);
    let squares = 0;
    for (const value of values) squares += value * value;
    const length = Math.sqrt(squares);
    if (length > 0) for (let column = 0; column < columns; column++) values[column]! /= length;
  }
}

/** A 2-D kernel's weights `[outputs, (input, y, x)]` as a matrix between vertical patches and outputs at each x: `[(output, x), (input, y)]`. */
export function verticalMatrix(weights: Matrix, kernelWidth: number): Matrix {
  const patches = weights.columns / kernelWidth;
  const data = new Float32Array(weights.data.length);
  for (let row = 0; row < weights.rows; row++)
    for (let patch = 0; patch < patches; patch++)
      for (let x = 0; x < kernelWidth; x++)
        data[(row * kernelWidth + x) * patches + patch] =
          weights.data[row * weights.columns + patch * kernelWidth + x]!;
  return { rows: weights.rows * kernelWidth, columns: patches, data };
}

/** The Gram matrix of vertical patches, summed over the columns of the kernel. */
export function verticalGram({ columns, data }: Matrix, kernelWidth: number): Matrix {
  const patches = columns / kernelWidth;
  const result = zeros(patches, patches);
  for (let row = 0; row < patches; row++)
    for (let column = 0; column < patches; column++) {
      let sum = 0;
      for (let x = 0; x < kernelWidth; x++) sum += data[(row * kernelWidth + x) * columns + column * kernelWidth + x]!;
      result.data[row * patches + column] = sum;
    }
  return result;
}

/** What a vertical convolution does to a whole patch: `[(rank, x), (input, y, x)]`, zero where the two x differ. */
function expanded(vertical: Matrix, kernelWidth: number): Matrix {
  const columns = vertical.columns * kernelWidth;
  const result = zeros(vertical.rows * kernelWidth, columns);
  for (let inner = 0; inner < vertical.rows; inner++)
    for (let patch = 0; patch < vertical.columns; patch++)
      for (let x = 0; x < kernelWidth; x++)
        result.data[(inner * kernelWidth + x) * columns + patch * kernelWidth + x] =
          vertical.data[inner * vertical.columns + patch]!;
  return result;
}

/**
 * A vertical convolution `right` `[rank, (input, y)]` followed by a horizontal one `left` `[outputs, (rank, x)]` (Jaderberg et al. 2014, "Speeding
 * up convolutional neural networks with low rank expansions"), and the kernel `merged` that the two amount to. The vertical one keeps the
 * components of most energy; the horizontal one is the least-squares fit to the layer's output behind it.
 */
export async function spatialFactors(
  weights: Matrix,
  gram: Matrix,
  rank: number,
  kernelWidth: number,
  products: MatrixProducts,
): Promise<Factors & { merged: Matrix }> {
  const matrix = verticalMatrix(weights, kernelWidth);
  const components = await outputComponents(matrix, verticalGram(gram, kernelWidth), products);
  const vertical = await lowRankFactors(matrix, components, rank, products);
  const patches = expanded(vertical.right, kernelWidth);
  const seen = await products.times(patches, gram);
  const own = await products.timesTransposed(seen, patches);
  const wanted = await products.timesTransposed(weights, seen);
  damp(own, dampingShare);
  const left = await solve(wanted, await cholesky(own, products), products);
  return { left, right: vertical.right, merged: await products.times(left, patches) };
}
