import type { Graph } from '../../onnx/graph';
import { attr, makeNode, makeValue } from '../../onnx/make';
import { encodeModel } from '../../onnx/save';
import { calculator, type Session } from '../calculator';

/** A dense float32 matrix, row after row. */
export interface Matrix {
  rows: number;
  columns: number;
  data: Float32Array;
}

/** A copy of rows `top` to `bottom` and columns `left` to `right` (ends excluded). */
export function subMatrix({ columns, data }: Matrix, top: number, bottom: number, left: number, right: number): Matrix {
  const width = right - left;
  const part = new Float32Array((bottom - top) * width);
  for (let row = top; row < bottom; row++)
    part.set(data.subarray(row * columns + left, row * columns + right), (row - top) * width);
  return { rows: bottom - top, columns: width, data: part };
}

const feed = ({ rows, columns, data }: Matrix) => ({ type: 'float32' as const, shape: [rows, columns], data });

export const zeros = (rows: number, columns: number): Matrix => ({
  rows,
  columns,
  data: new Float32Array(rows * columns),
});
const negative = (matrix: Matrix): Matrix => ({ ...matrix, data: matrix.data.map((value) => -value) });

/** c - a b, or c - a b^T: a graph of one Gemm. */
function gemmGraph(transB: boolean): Graph {
  const matrix = (name: string) => makeValue(name, 'float32', [`${name}0`, `${name}1`]);
  const attributes = { alpha: attr.float(-1), transB: attr.int(transB ? 1 : 0) };
  return {
    name: 'product',
    producer: '',
    irVersion: 8,
    opsets: { '': 13 },
    inputs: [matrix('a'), matrix('b'), matrix('c')],
    outputs: [matrix('y')],
    nodes: [makeNode('Gemm', ['a', 'b', 'c'], ['y'], attributes)],
    initializers: new Map(),
    metadata: {},
  };
}

/** Matrix products by the inference runtime, which has the fast kernels. Close it. */
export class MatrixProducts {
  private constructor(
    private readonly plain: Session,
    private readonly transposed: Session,
  ) {}

  static async open(threads: number): Promise<MatrixProducts> {
    const session = (transB: boolean) => calculator.open(encodeModel(gemmGraph(transB)), { threads });
    return new MatrixProducts(await session(false), await session(true));
  }

  /** c - a b. */
  subtract(c: Matrix, a: Matrix, b: Matrix): Promise<Matrix> {
    return this.run(this.plain, c, a, b);
  }

  /** a b. */
  times(a: Matrix, b: Matrix): Promise<Matrix> {
    return this.subtract(zeros(a.rows, b.columns), negative(a), b);
  }

  /** a b^T. */
  timesTransposed(a: Matrix, b: Matrix): Promise<Matrix> {
    return this.subtractTransposed(zeros(a.rows, b.rows), negative(a), b);
  }

  /** c - a b^T. */
  subtractTransposed(c: Matrix, a: Matrix, b: Matrix): Promise<Matrix> {
    return this.run(this.transposed, c, a, b);
  }

  private async run(session: Session, c: Matrix, a: Matrix, b: Matrix): Promise<Matrix> {
    const { y } = await session.run({ a: feed(a), b: feed(b), c: feed(c) });
    return { rows: c.rows, columns: c.columns, data: y!.data as Float32Array };
  }

  async close(): Promise<void> {
    await this.plain.close();
    await this.transposed.close();
  }
}
