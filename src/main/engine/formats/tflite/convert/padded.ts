import { isNeverNegative } from './never-negative';
import type { Operation } from './operation';
import type { Window } from '../../from-onnx/window-padding';

const lowestFloat = -3.4028234663852886e38;

/**
 * The tensor `[N,H,W,C]` with the pixels of the windows around it: zeros (the zero point, of codes), or what no maximum takes. Among numbers that
 * are never below zero that is zero as well, and PAD runs where PADV2 does not: in XNNPACK and on the Edge TPU.
 * @param spatial height and width
 */
export function padded(
  operation: Operation,
  tensor: number,
  windows: readonly Window[],
  fill: 'zero' | 'lowest' = 'zero',
): number {
  const { builder } = operation;
  const { shape, type, quantization, name } = builder.tensors[tensor]!;
  const pads = [[0, 0], ...windows.map(({ before, behind }) => [before, behind]), [0, 0]];
  const result = builder.like(
    tensor,
    shape.map((size, axis) => size + pads[axis]![0]! + pads[axis]![1]!),
    `${name}_padded`,
  );
  const amounts = builder.integers(pads.flat(), [pads.length, 2]);
  const isZero = fill === 'zero' || isNeverNegative(builder, tensor);
  return builder.once(`pad ${isZero ? 'zero' : 'lowest'} ${tensor} ${pads.join()}`, () => {
    if (isZero) return builder.emit('PAD', [tensor, amounts], result, {});
    const lowest =
      type === 'FLOAT32'
        ? operation.floats([lowestFloat])
        : builder.once(`lowest ${type} ${quantization?.scale.join()} ${quantization?.zeroPoint.join()}`, () =>
            builder.constant({ ...builder.like(tensor, [], 'lowest') }, () =>
              Uint8Array.of(type === 'INT8' ? 0x80 : 0),
            ),
          );
    return builder.emit('PADV2', [tensor, amounts, lowest], result, {});
  });
}
