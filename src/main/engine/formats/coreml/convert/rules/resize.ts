import { isTurned, resizeSampling } from '../../../from-onnx/resize-sampling';
import type { MilValue } from '../../program-builder';
import type { Operation } from '../operation';
import type { ConversionRule } from '../rule';

/** By MIL's names: where pixels are sampled, as ONNX says it. */
const samplingModes = {
  align_corners: 'STRICT_ALIGN_CORNERS',
  half_pixel: 'UNALIGN_CORNERS',
  asymmetric: 'DEFAULT',
} as const;

/** Along height and width, which are the last two axes; images with channels last are turned for it. */
const resize: ConversionRule = (operation) => {
  const x = operation.value(0);
  const shape = operation.outputShape();
  const turns = isTurned(x.shape, shape);
  const spatial = turns ? ([1, 2] as const) : ([2, 3] as const);
  const factors = operation.numbers(operation.node.op === 'Upsample' ? 1 : 2);
  const sampling = resizeSampling(operation.node, factors, { from: x.shape, to: shape, spatial });
  if ('problem' in sampling) return operation.unsupported(sampling.problem);
  const [rows, columns] = spatial;
  const inputs = {
    target_size_height: operation.integerOf(shape[rows]!, 'height'),
    target_size_width: operation.integerOf(shape[columns]!, 'width'),
    sampling_mode: sampling.mode === 'linear' ? operation.text(samplingModes[sampling.points], 'sampling') : undefined,
  };
  const type = sampling.mode === 'linear' ? 'resize_bilinear' : 'resize_nearest_neighbor';
  if (!turns) return operation.emit(type, { x, ...inputs }, shape);
  const image = turned(operation, x, channelsFirst, 'turned');
  const size = channelsFirst.map((axis) => shape[axis]!);
  return turned(operation, operation.emit(type, { x: image, ...inputs }, size), channelsLast, 'back');
};

const [channelsFirst, channelsLast] = [
  [0, 3, 1, 2],
  [0, 2, 3, 1],
] as const;

function turned(operation: Operation, x: MilValue, perm: readonly number[], role: string): MilValue {
  const shape = perm.map((axis) => x.shape[axis]!);
  return operation.emit('transpose', { x, perm: operation.integersOf(perm, role) }, shape);
}

export const resizeRules: Record<string, ConversionRule> = { Resize: resize, Upsample: resize };
