import { flattened, type DecoderWriter } from '../compression/storage/decoder-writer';
import { elementCount } from '../onnx/graph';
import { attr, int64Tensor } from '../onnx/make';

/**
 * Writes the nodes that make the weight `name` of rows of values.
 * @param values `[rows, values a row]`; those of the last row that are too many are left out
 * @param order in which shape values are listed, and the order of its axes in the weight, as in Transpose
 */
export function writeWeight(
  write: DecoderWriter,
  values: string,
  { shape, permutation }: { shape: readonly number[]; permutation?: readonly number[] },
  isPadded: boolean,
  name: string,
): void {
  const flat = isPadded ? flattened(write, values, elementCount(shape), true) : values;
  const target = write.constant(int64Tensor([shape.length], shape));
  if (!permutation) write.emit('Reshape', [flat, target], {}, name);
  else write.emit('Transpose', [write.emit('Reshape', [flat, target])], { perm: attr.ints(permutation) }, name);
}
