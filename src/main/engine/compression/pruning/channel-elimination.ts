import { factorInputs, solveWithFactor } from '../reconstruction/layer-reconstruction';
import { shrunkGram } from '../calibration/shrunk-gram';
import { pickColumns, pickRows } from '../algebra/pick-matrix';
import type { Matrix, MatrixProducts } from '../algebra/matrix-products';
import { choleskySmall } from '../algebra/small-solve';

/** Share of the mean diagonal element that keeps the inverse finite; the refit damps alike. */
const damping = 0.01;

/**
 * A layer that loses input channels one after the other, while the weights of the others make up for each: the optimal brain surgeon
 * (Hassibi and Stork 1992) with the columns of a channel as one block, as in Optimal Brain Compression (Frantar and Alistarh 2022).
 * Removing the block J costs tr(W_J (H^-1_JJ)^-1 W_J^T) of squared output, and W and H^-1 of what is left follow by a rank-|J| update.
 */
export class ChannelElimination {
  private pending: Float32Array[] = [];
  private isGone: Uint8Array;
  /** H^-1_gg of each channel left, kept up to date ahead of the whole inverse. */
  private readonly blocks = new Map<number, Float64Array>();
  private positions = new Map<number, number[]>();

  private constructor(
    private weights: Matrix,
    private inverse: Matrix,
    /** Original column of each position. */
    private columns: Int32Array,
    private readonly channelOf: Int32Array,
    private readonly size: number,
    /** Squared output over the samples: what damages are relative to. */
    readonly energy: number,
  ) {
    this.isGone = new Uint8Array(columns.length);
    this.index();
    for (const [channel, at] of this.positions) {
      const block = new Float64Array(at.length ** 2);
      at.forEach((row, i) =>
        at.forEach((column, j) => (block[i * at.length + j] = inverse.data[row * inverse.columns + column]!)),
      );
      this.blocks.set(channel, block);
    }
  }

  /**
   * @param weights `[outputs, columns]`. @param gram centred, of `count` samples. @param channelOf the channel of each column; negative
   * for one that stays.
   */
  static async start(
    weights: Matrix,
    gram: Matrix,
    count: number,
    channelOf: Int32Array,
    products: MatrixProducts,
  ): Promise<ChannelElimination> {
    const size = gram.rows;
    const zeros = { ...weights, data: new Float32Array(weights.data.length) };
    const negative = await products.subtract(zeros, weights, gram);
    let energy = 0;
    for (let index = 0; index < weights.data.length; index++) energy -= negative.data[index]! * weights.data[index]!;
    const factor = await factorInputs(shrunkGram(gram, count), products, damping);
    const identity: Matrix = { rows: size, columns: size, data: new Float32Array(size * size) };
    for (let index = 0; index < size; index++) identity.data[index * (size + 1)] = 1;
    const inverse = await solveWithFactor(identity, factor, products);
    const columns = Int32Array.from({ length: size }, (_, column) => column);
    const copy = { ...weights, data: weights.data.slice() };
    return new ChannelElimination(copy, inverse, columns, channelOf, size, Math.max(energy, Number.MIN_VALUE));
  }

  /** Multiplications of one removal, about. */
  get passWork(): number {
    const width = this.positions.values().next().value?.length ?? 0;
    return this.weights.data.length * width;
  }

  private index(): void {
    this.positions = new Map();
    this.columns.forEach((column, position) => {
      const channel = this.channelOf[column]!;
      if (channel < 0 || this.isGone[position]) return;
      const list = this.positions.get(channel);
      if (list) list.push(position);
      else this.positions.set(channel, [position]);
    });
  }

  /** Adds the cost of removing each channel that is left, as a share of the energy, to `total[channel]`. */
  addCosts(total: Float64Array): void {
    const { rows, columns, data } = this.weights;
    for (const [channel, at] of this.positions) {
      const width = at.length;
      const block = this.blocks.get(channel)!;
      const products = new Float64Array(width * width);
      const values = new Float64Array(width);
      for (let row = 0; row < rows; row++) {
        const from = row * columns;
        for (let i = 0; i < width; i++) {
          const value = (values[i] = data[from + at[i]!]!);
          for (let j = 0; j <= i; j++) products[i * width + j]! += value * values[j]!;
        }
      }
      total[channel]! += traceOfQuotient(products, block, width) / this.energy;
    }
  }

  /** Removes channels together; what they cost, as a share of the energy. Channels the layer does not read cost nothing. */
  async eliminate(channels: readonly number[], products: MatrixProducts): Promise<number> {
    const gone = channels.flatMap((channel) => this.positions.get(channel) ?? []);
    const width = gone.length;
    if (width === 0) return 0;
    const { rows, columns, data } = this.weights;
    // Rows of the current inverse: the stored ones less what the pending removals took.
    const updates = gone.map((position) => {
      const row = this.inverse.data.slice(position * columns, (position + 1) * columns);
      for (const update of this.pending) subtractScaled(row, update, update[position]!);
      return row;
    });
    const square = Float64Array.from(
      { length: width * width },
      (_, at) => updates[Math.floor(at / width)]![gone[at % width]!]!,
    );
    const lower = choleskySmall(square, width);
    // U = L^-1 H^-1_J, so that U^T U is what the inverse loses.
    updates.forEach((row, i) => {
      for (let before = 0; before < i; before++) subtractScaled(row, updates[before]!, lower[i * width + before]!);
      const pivot = 1 / lower[i * (width + 1)]!;
      for (let column = 0; column < columns; column++) row[column]! *= pivot;
    });
    // S = W_J L^-T: the weights lose S U.
    const shares: Matrix = { rows, columns: width, data: new Float32Array(rows * width) };
    let damage = 0;
    for (let row = 0; row < rows; row++) {
      const share = shares.data.subarray(row * width, (row + 1) * width);
      for (let i = 0; i < width; i++) {
        let sum = data[row * columns + gone[i]!]!;
        for (let before = 0; before < i; before++) sum -= lower[i * width + before]! * share[before]!;
        share[i] = sum / lower[i * (width + 1)]!;
        damage += share[i]! ** 2;
      }
    }
    const update: Matrix = { rows: width, columns, data: new Float32Array(width * columns) };
    updates.forEach((row, i) => update.data.set(row, i * columns));
    this.weights = await products.subtract(this.weights, shares, update);
    for (const position of gone) this.isGone[position] = 1;
    for (const channel of channels) this.positions.delete(channel);
    for (const [channel, at] of this.positions) {
      const block = this.blocks.get(channel)!;
      for (let i = 0; i < at.length; i++)
        for (let j = 0; j < at.length; j++) {
          let sum = 0;
          for (const update of updates) sum += update[at[i]!]! * update[at[j]!]!;
          block[i * at.length + j]! -= sum;
        }
    }
    this.pending.push(...updates);
    return damage / this.energy;
  }

  /** Brings the whole inverse up to date and forgets what is gone. To be called now and then: `eliminate` gets slower without. */
  async flush(products: MatrixProducts): Promise<void> {
    if (this.pending.length === 0) return;
    const kept = Array.from(this.columns.keys()).filter((position) => !this.isGone[position]);
    const updates: Matrix = {
      rows: kept.length,
      columns: this.pending.length,
      data: new Float32Array(kept.length * this.pending.length),
    };
    kept.forEach((position, row) =>
      this.pending.forEach((update, column) => (updates.data[row * this.pending.length + column] = update[position]!)),
    );
    const inverse = pickColumns(pickRows(this.inverse, kept), kept);
    this.inverse = await products.subtractTransposed(inverse, updates, updates);
    this.weights = pickColumns(this.weights, kept);
    this.columns = Int32Array.from(kept, (position) => this.columns[position]!);
    this.isGone = new Uint8Array(kept.length);
    this.pending = [];
    this.index();
  }

  /** The weights as they are now, with zeros where columns are gone: `[outputs, columns]`. */
  currentWeights(): Matrix {
    const { rows, columns } = this.weights;
    const data = new Float32Array(rows * this.size);
    for (let row = 0; row < rows; row++)
      for (let position = 0; position < columns; position++)
        if (!this.isGone[position])
          data[row * this.size + this.columns[position]!] = this.weights.data[row * columns + position]!;
    return { rows, columns: this.size, data };
  }
}

function subtractScaled(target: Float32Array, source: Float32Array, factor: number): void {
  if (factor === 0) return;
  for (let index = 0; index < target.length; index++) target[index]! -= factor * source[index]!;
}

/** tr(B^-1 M) for small symmetric B and M, of which the lower half is read. */
function traceOfQuotient(products: Float64Array, block: Float64Array, width: number): number {
  if (width === 1) return products[0]! / Math.max(block[0]!, Number.MIN_VALUE);
  const lower = choleskySmall(block, width);
  // Columns of L^-1 M L^-T: only its trace is wanted, so each column of M is solved and then weighed by L^-1 once more.
  const inverse = new Float64Array(width * width);
  for (let column = 0; column < width; column++)
    for (let row = column; row < width; row++) {
      let sum = row === column ? 1 : 0;
      for (let index = column; index < row; index++)
        sum -= lower[row * width + index]! * inverse[index * width + column]!;
      inverse[row * width + column] = sum / lower[row * (width + 1)]!;
    }
  let trace = 0;
  for (let row = 0; row < width; row++)
    for (let i = 0; i <= row; i++)
      for (let j = 0; j <= i; j++)
        trace += (i === j ? 1 : 2) * inverse[row * width + i]! * inverse[row * width + j]! * products[i * width + j]!;
  return trace;
}
