import { fromFloat16, toFloat16 } from '../../../onnx/float16';
import type { TensorData } from '../../../onnx/graph';
import type { TfliteQuantization } from '../model';
import type { GraphBuilder } from './graph-builder';
import { axesInMemory, layoutOf, moveTo } from './layout';
import { permuted, type Constant, type Stored, type Value } from './value';

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** The order of axes of `[N,C,...]` stored with the channels last: N, ..., C. */
export const channelsLast = (rank: number): number[] => [0, ...range(rank).slice(2), 1];

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

/** The tensor whose axes are the value's axes in the order `axes`. A tensor that lies otherwise is moved. */
export function place(builder: GraphBuilder, value: Value, axes: readonly number[]): number {
  if (value.kind === 'constant') return placeConstant(builder, permuted(value, axes), `${value.name}>${axes.join()}`);
  const wanted = axes.map((axis) => value.shape[axis]!);
  const move = moveTo(value.layout, value.shape, axes);
  if (move === 'as it is') return reshape(builder, value.tensor, wanted);
  if (move) return reshape(builder, transpose(builder, value.tensor, move.from, move.permutation), wanted);
  const { sizes } = value.layout;
  const rows = place(builder, { ...value, shape: sizes }, range(sizes.length));
  return place(builder, { ...value, layout: layoutOf(value.shape), tensor: rows }, axes);
}

function reshape(builder: GraphBuilder, tensor: number, shape: readonly number[]): number {
  const source = builder.shapedFrom.get(tensor) ?? tensor;
  const { shape: present, name } = builder.tensors[source]!;
  if (same(present, shape)) return source;
  return builder.once(`reshape ${source} ${shape.join()}`, () => {
    const operands = [source, builder.integers(shape)];
    const result = builder.like(source, shape, `${name}_shaped`);
    const shaped = builder.emit('RESHAPE', operands, result, { newShape: [...shape] });
    builder.shapedFrom.set(shaped, source);
    return shaped;
  });
}

function transpose(
  builder: GraphBuilder,
  tensor: number,
  from: readonly number[],
  permutation: readonly number[],
): number {
  const source = reshape(builder, tensor, from);
  const shape = permutation.map((axis) => from[axis]!);
  return builder.once(`transpose ${source} ${permutation.join()}`, () =>
    builder.emit(
      'TRANSPOSE',
      [source, builder.integers(permutation)],
      builder.like(tensor, shape, `${builder.tensors[tensor]!.name}_turned`),
      {},
    ),
  );
}

/**
 * The order in which the value's axes lie in memory already: with the channels last or row by row where that fits what its tensor looks
 * like, else any; undefined where its axes are scattered.
 */
export function presentAxes(builder: GraphBuilder, value: Stored): number[] | undefined {
  const { shape, layout, tensor } = value;
  const candidates = [...(shape.length >= 3 ? [channelsLast(shape.length)] : []), range(shape.length)];
  const found = axesInMemory(layout, shape);
  if (found) candidates.push(found);
  const fitting = candidates.filter((axes) => moveTo(layout, shape, axes) === 'as it is');
  const present = builder.tensors[tensor]!.shape;
  return (
    fitting.find((axes) =>
      same(
        axes.map((axis) => shape[axis]!),
        present,
      ),
    ) ?? fitting[0]
  );
}

const bytesOf = (data: TensorData): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** One set of codes may be read with several scales. */
const scalesText = (quantization: TfliteQuantization | undefined): string =>
  quantization ? `${quantization.scale.join()} ${quantization.zeroPoint.join()}` : '';

/** The tensor of a constant as it is; equal keys with equal scales share one. */
export function placeConstant(builder: GraphBuilder, constant: Constant, key: string): number {
  const { name, shape, type, data, quantization, isHalf } = constant;
  const spec = { name, shape, type, ...(quantization && { quantization }) };
  return builder.once(`constant ${key} ${scalesText(quantization)}`, () => {
    if (!isHalf) return builder.constant(spec, () => bytesOf(data()));
    const stored = builder.constant({ name: `${name}_half`, shape, type: 'FLOAT16' }, () =>
      bytesOf(toFloat16(data() as Float32Array)),
    );
    return builder.emit('DEQUANTIZE', [stored], spec, {});
  });
}

/** The numbers of a constant: those of codes are what they stand for. */
export function numbersOf({ type, data, quantization, shape }: Constant): Float32Array {
  const values = data();
  if (type === 'FLOAT16') return fromFloat16(values as Uint16Array);
  const numbers = values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>, Number);
  if (!quantization) return numbers;
  const { scale, zeroPoint, axis } = quantization;
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const channel = (index: number): number => (scale.length === 1 ? 0 : Math.floor(index / inner) % scale.length);
  return numbers.map((code, index) => (code - zeroPoint[channel(index)]!) * scale[channel(index)]!);
}
