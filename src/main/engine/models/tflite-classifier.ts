import { AppError } from '@shared/errors';
import type { ModelCard } from '@shared/model-card';
import type { TfliteModel, TfliteTensor } from '../formats/tflite/model';

/** How a TensorFlow Lite network classifies images. */
export interface TfliteClassifier {
  input: { name: string; height: number; width: number; channels: 1 | 3 };
  /** Of the codes it takes; absent: it takes numbers. */
  codes?: { scale: number; zeroPoint: number; isSigned: boolean };
  output: ModelCard['output'];
}

const inputTypes: readonly string[] = ['FLOAT32', 'FLOAT16', 'UINT8', 'INT8'];
/** TensorFlow's networks for ImageNet give a score for "background" before those of the thousand classes. */
const withBackground = 1001;

/**
 * Throws `model.not-classifier` and `model.ambiguous-output`.
 * @param wanted name of the scores, where there are several outputs
 */
export function tfliteClassifier({ graphs }: TfliteModel, path: string, wanted?: string): TfliteClassifier {
  const refuse = (detail: string): AppError => new AppError('model.not-classifier', { path, detail });
  const [graph] = graphs;
  if (!graph || graph.inputs.length !== 1) throw refuse(`it has ${graph?.inputs.length ?? 0} inputs`);
  const input = graph.tensors[graph.inputs[0]!]!;
  const [batch, height, width, channels] = input.shape;
  if (input.shape.length !== 4 || !inputTypes.includes(input.type))
    throw refuse(`its input "${input.name}" is ${input.type.toLowerCase()} with ${input.shape.length} dimensions`);
  if (batch !== 1) throw refuse(`it takes ${batch} images at once, and only files for one can be run`);
  if (!(height! > 0 && width! > 0) || (channels !== 1 && channels !== 3))
    throw refuse(`its images are ${input.shape.slice(1).join(' x ')} (height x width x channels)`);
  const outputs = graph.outputs.map((index) => graph.tensors[index]!);
  const scores = outputs.length === 1 ? outputs[0]! : outputs.find(({ name }) => name === wanted);
  if (!scores) {
    const names = outputs.map(({ name }) => `"${name}"`).join(', ');
    throw new AppError('model.ambiguous-output', { path, outputs: names });
  }
  const given = scores.shape.reduce((product, size) => product * size, 1);
  if (given < 2) throw refuse(`its output "${scores.name}" is ${scores.shape.join(' x ')}`);
  const background = given === withBackground;
  return {
    input: { name: input.name, height: height!, width: width!, channels },
    ...codesOf(input),
    output: { name: scores.name, classes: background ? given - 1 : given, ...(background && { background }) },
  };
}

function codesOf({ type, quantization }: TfliteTensor): Pick<TfliteClassifier, 'codes'> {
  const [scale, zeroPoint] = [quantization?.scale[0], quantization?.zeroPoint[0] ?? 0];
  if (scale === undefined || (type !== 'UINT8' && type !== 'INT8')) return {};
  return { codes: { scale, zeroPoint, isSigned: type === 'INT8' } };
}
