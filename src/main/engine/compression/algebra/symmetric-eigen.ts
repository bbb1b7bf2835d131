/** Eigenvalues in descending order. */
export interface SymmetricEigen {
  values: Float64Array;
  /** Row i is the unit eigenvector of value i, `[size, size]`. */
  vectors: Float64Array;
}

interface Tridiagonal {
  diagonal: Float64Array;
  /** Element i stands between i and i + 1; the last is 0. */
  beside: Float64Array;
  /** The Householder vectors, row after row, each scaled so that the reflection is I - v v^T. */
  reflectors: Float64Array;
}

/** Householder's reduction of the lower half of `matrix`, which is overwritten (Golub and Van Loan, "Matrix computations", 8.3.1). */
function tridiagonalize(matrix: Float64Array, size: number): Tridiagonal {
  const diagonal = new Float64Array(size);
  const beside = new Float64Array(size);
  const reflectors = new Float64Array(size * size);
  const product = new Float64Array(size);
  for (let step = 0; step < size; step++) {
    diagonal[step] = matrix[step * size + step]!;
    if (step === size - 1) break;
    const first = step + 1;
    const vector = reflectors.subarray(step * size, (step + 1) * size);
    let squares = 0;
    for (let row = first; row < size; row++) {
      vector[row] = matrix[row * size + step]!;
      squares += vector[row]! ** 2;
    }
    const norm = Math.sqrt(squares);
    const sign = vector[first]! < 0 ? -1 : 1;
    beside[step] = -sign * norm;
    if (norm === 0) continue;
    // |v|^2 of x + sign |x| e is 2 |x| (|x| + |x_first|).
    const scale = 1 / Math.sqrt(norm * (norm + Math.abs(vector[first]!)));
    vector[first]! += sign * norm;
    for (let row = first; row < size; row++) vector[row]! *= scale;

    product.fill(0, first);
    for (let row = first; row < size; row++) {
      const from = row * size;
      const own = vector[row]!;
      let sum = matrix[from + row]! * own;
      for (let column = first; column < row; column++) {
        const value = matrix[from + column]!;
        sum += value * vector[column]!;
        product[column]! += value * own;
      }
      product[row]! += sum;
    }
    let along = 0;
    for (let row = first; row < size; row++) along += product[row]! * vector[row]!;
    for (let row = first; row < size; row++) product[row]! -= (along / 2) * vector[row]!;
    for (let row = first; row < size; row++) {
      const from = row * size;
      const [own, other] = [vector[row]!, product[row]!];
      for (let column = first; column <= row; column++)
        matrix[from + column]! -= own * product[column]! + other * vector[column]!;
    }
  }
  return { diagonal, beside, reflectors };
}

/** The transposed product of the reflections: row i is the i-th column of Q. */
function basisOf({ reflectors }: Tridiagonal, size: number): Float64Array {
  const basis = new Float64Array(size * size);
  for (let index = 0; index < size; index++) basis[index * (size + 1)] = 1;
  const along = new Float64Array(size);
  for (let step = size - 2; step >= 0; step--) {
    const vector = reflectors.subarray(step * size, (step + 1) * size);
    along.fill(0, step + 1);
    for (let row = step + 1; row < size; row++)
      for (let column = step + 1; column < size; column++) along[column]! += vector[row]! * basis[row * size + column]!;
    for (let row = step + 1; row < size; row++) {
      const own = vector[row]!;
      for (let column = step + 1; column < size; column++) basis[row * size + column]! -= own * along[column]!;
    }
  }
  for (let row = 0; row < size; row++)
    for (let column = 0; column < row; column++) {
      const [above, below] = [column * size + row, row * size + column];
      [basis[above], basis[below]] = [basis[below]!, basis[above]!];
    }
  return basis;
}

const largestSweeps = 60;

/** Implicit QL (EISPACK's tql2), in place; `basis`, where given, is rotated along. */
function diagonalize({ diagonal, beside }: Tridiagonal, size: number, basis?: Float64Array): void {
  let largest = 0;
  for (let index = 0; index < size; index++)
    largest = Math.max(largest, Math.abs(diagonal[index]!) + Math.abs(beside[index]!));
  const negligible = largest * Number.EPSILON;
  for (let start = 0; start < size; start++) {
    for (let sweep = 0; sweep < largestSweeps; sweep++) {
      let end = start;
      while (end < size - 1 && Math.abs(beside[end]!) > negligible) end++;
      if (end === start) break;
      const half = (diagonal[start + 1]! - diagonal[start]!) / (2 * beside[start]!);
      const root = Math.hypot(half, 1);
      let rest = diagonal[end]! - diagonal[start]! + beside[start]! / (half + (half < 0 ? -root : root));
      let [sine, cosine, shift] = [1, 1, 0];
      let index = end - 1;
      for (; index >= start; index--) {
        const upper = sine * beside[index]!;
        const side = cosine * beside[index]!;
        const length = Math.hypot(upper, rest);
        beside[index + 1] = length;
        if (length === 0) {
          diagonal[index + 1]! -= shift;
          beside[end] = 0;
          break;
        }
        sine = upper / length;
        cosine = rest / length;
        const moved = diagonal[index + 1]! - shift;
        const turned = (diagonal[index]! - moved) * sine + 2 * cosine * side;
        shift = sine * turned;
        diagonal[index + 1] = moved + shift;
        rest = cosine * turned - side;
        if (basis) rotate(basis, index * size, size, cosine, sine);
      }
      if (index >= start) continue;
      diagonal[start]! -= shift;
      beside[start] = rest;
      beside[end] = 0;
    }
  }
}

/** Turns the row at `from` and the one after it. */
function rotate(basis: Float64Array, from: number, size: number, cosine: number, sine: number): void {
  for (let at = from; at < from + size; at++) {
    const upper = basis[at]!;
    const lower = basis[at + size]!;
    basis[at + size] = sine * upper + cosine * lower;
    basis[at] = cosine * upper - sine * lower;
  }
}

/** The eigenvalues and eigenvectors of a symmetric `[size, size]` matrix, row after row; only its lower half is read. */
export function symmetricEigen(matrix: ArrayLike<number>, size: number): SymmetricEigen {
  const reduced = tridiagonalize(Float64Array.from(matrix), size);
  const basis = basisOf(reduced, size);
  diagonalize(reduced, size, basis);
  const order = Array.from(reduced.diagonal.keys()).sort(
    (a, b) => reduced.diagonal[b]! - reduced.diagonal[a]! || a - b,
  );
  const vectors = new Float64Array(size * size);
  order.forEach((from, to) => vectors.set(basis.subarray(from * size, (from + 1) * size), to * size));
  return { values: Float64Array.from(order, (index) => reduced.diagonal[index]!), vectors };
}

/** The eigenvalues alone, in descending order: several times faster. */
export function symmetricEigenvalues(matrix: ArrayLike<number>, size: number): Float64Array {
  const reduced = tridiagonalize(Float64Array.from(matrix), size);
  diagonalize(reduced, size);
  return reduced.diagonal.sort((a, b) => b - a);
}
