import { elementCount, type Attribute } from '../onnx/graph';
import { attr, float32Tensor, int64Tensor } from '../onnx/make';
import { NodeWriter } from '../onnx/node-writer';

/** TensorProto.DataType of float32, as Cast takes it. */
const float32Code = 1;

/**
 * Writes arithmetic as nodes. Only operators whose form is the same from opset 17 on: sums instead of means, whose axes moved, slices
 * instead of splits.
 */
export class GradientWriter extends NodeWriter {
  /** A constant number that broadcasts. */
  scalar(value: number): string {
    return this.constant(float32Tensor([], [value]));
  }

  private integers(values: readonly number[]): string {
    return this.constant(int64Tensor([values.length], values));
  }

  /** Values added, as many as there are. */
  add(...values: [string, ...string[]]): string {
    if (values.length === 1) return values[0];
    return this.emit(values.length === 2 ? 'Add' : 'Sum', values);
  }

  subtract(a: string, b: string): string {
    return this.emit('Sub', [a, b]);
  }

  multiply(a: string, b: string): string {
    return this.emit('Mul', [a, b]);
  }

  divide(a: string, b: string): string {
    return this.emit('Div', [a, b]);
  }

  negate(value: string): string {
    return this.emit('Neg', [value]);
  }

  /** A value times a number. */
  scale(value: string, factor: number): string {
    return factor === 1 ? value : this.multiply(value, this.scalar(factor));
  }

  /** 1 where a bool is true, else 0. */
  toFloat(condition: string): string {
    return this.emit('Cast', [condition], { to: attr.int(float32Code) });
  }

  /** A value where a condition holds, else 0. */
  where(condition: string, value: string): string {
    return this.multiply(value, this.toFloat(condition));
  }

  reshape(value: string, shape: readonly number[]): string {
    return this.emit('Reshape', [value, this.integers(shape)]);
  }

  transpose(value: string, order: readonly number[]): string {
    if (order.every((from, to) => from === to)) return value;
    return this.emit('Transpose', [value], { perm: attr.ints(order) });
  }

  /** Sums over axes; all of them, to a scalar, where none are named. */
  sum(value: string, axes?: readonly number[], keepsAxes = false): string {
    const attributes: Record<string, Attribute> = { keepdims: attr.int(keepsAxes ? 1 : 0) };
    if (axes?.length === 0) return value;
    return this.emit('ReduceSum', axes ? [value, this.integers(axes)] : [value], attributes);
  }

  /** The mean over axes of a value of that shape; the axes stay, of length 1. */
  mean(value: string, shape: readonly number[], axes: readonly number[]): string {
    return this.scale(this.sum(value, axes, true), 1 / elementCount(axes.map((axis) => shape[axis]!)));
  }

  concat(values: readonly string[], axis: number): string {
    return values.length === 1 ? values[0]! : this.emit('Concat', [...values], { axis: attr.int(axis) });
  }

  /** Elements from `starts` to before `ends` along some axes. */
  slice(
    value: string,
    axes: readonly number[],
    starts: readonly number[],
    ends: readonly number[],
    steps?: readonly number[],
  ): string {
    const inputs = [starts, ends, axes, ...(steps ? [steps] : [])].map((each) => this.integers(each));
    return this.emit('Slice', [value, ...inputs]);
  }

  /** Zeros before and after along each axis; a negative number takes elements away. */
  pad(value: string, before: readonly number[], after: readonly number[]): string {
    if ([...before, ...after].every((count) => count === 0)) return value;
    return this.emit('Pad', [value, this.integers([...before, ...after])]);
  }

  /** Elements at constant positions along an axis. */
  gather(value: string, positions: readonly number[], axis: number): string {
    return this.emit('Gather', [value, this.store(int64Tensor([positions.length], positions))], {
      axis: attr.int(axis),
    });
  }

  matMul(a: string, b: string): string {
    return this.emit('MatMul', [a, b]);
  }

  /** A product of matrices, each as it is or turned. */
  gemm(a: string, b: string, { transA = false, transB = false } = {}): string {
    return this.emit('Gemm', [a, b], { transA: attr.int(Number(transA)), transB: attr.int(Number(transB)) });
  }

  expand(value: string, shape: readonly number[]): string {
    return this.emit('Expand', [value, this.integers(shape)]);
  }

  /** Undoes a broadcast: what was repeated is summed. */
  reduceTo(value: string, from: readonly number[], to: readonly number[]): string {
    const added = from.length - to.length;
    const axes = from.flatMap((size, axis) => (axis < added || (to[axis - added] === 1 && size !== 1) ? [axis] : []));
    if (axes.length === 0) return value;
    const sum = this.sum(value, axes, added === 0);
    return added === 0 ? sum : this.reshape(sum, to);
  }

  /** A name that no value has. */
  freshName(): string {
    return this.names.next();
  }
}
