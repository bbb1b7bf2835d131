import type { Node } from '../../onnx/graph';
import { sliceBounds, sliceRange } from '../../onnx/slice-range';

/** Where a slice begins and ends along every axis, and its steps. */
export interface SliceBox {
  begin: number[];
  end: number[];
  strides: number[];
}

/** A Slice node, as converters see it. */
interface SliceOperation {
  readonly node: Node;
  integers(input: number): readonly number[] | undefined;
  axis(axis: number, rank: number): number;
  unsupported(why: string): never;
}

/** The part of a value of this shape that a Slice takes. Throws what `unsupported` throws for bounds that are not known, and backwards. */
export function sliceBox(operation: SliceOperation, opset: number, shape: readonly number[]): SliceBox {
  const bounds = sliceBounds(operation.node, opset, (input) => operation.integers(input));
  if (!bounds) return operation.unsupported('with bounds that are computed for each image');
  const [begin, end, strides] = [shape.map(() => 0), [...shape], shape.map(() => 1)];
  bounds.axes.forEach((named, index) => {
    const axis = operation.axis(named, shape.length);
    const step = bounds.steps[index]!;
    if (step < 1) return operation.unsupported('backwards');
    const { start, count } = sliceRange(shape[axis]!, bounds.starts[index]!, bounds.ends[index]!, step);
    [begin[axis], end[axis], strides[axis]] = [start, start + (count - 1) * step + 1, step];
  });
  return { begin, end, strides };
}
