import { AppError } from '@shared/errors';
import { channelCount, type InputType, type ModelCard } from '@shared/model-card';
import { fromFloat16, toFloat16 } from '../onnx/float16';
import { twoClassScores } from '../onnx/two-class-scores';
import type { RuntimeTensor, Session } from '../runtimes/runtime';

export interface ModelInput {
  name: string;
  outputName: string;
  /** uint8: raw pixels; the file normalises them itself. */
  type: InputType;
  /** Images a call must hold, or undefined when the model takes any number. */
  fixedBatch: number | undefined;
}

const inputTypes: readonly string[] = ['float32', 'float16', 'uint8'] satisfies InputType[];

/**
 * Which value of the session takes images and which holds class scores, checked against the card.
 * Throws `model.differs` and `model.not-classifier`.
 */
export function modelInput(session: Session, card: ModelCard, path: string): ModelInput {
  const differs = (detail: string): AppError => new AppError('model.differs', { path, model: card.name, detail });
  // Compressed files keep their names, but a card may have been written by hand: one input leaves no doubt.
  const name = pick(session.inputNames, card.input.name);
  if (name === undefined) {
    throw differs(`the input should be "${card.input.name}", the file has ${quoted(session.inputNames)}`);
  }
  const outputName = pick(session.outputNames, card.output.name);
  if (outputName === undefined) {
    throw differs(`the output should be "${card.output.name}", the file has ${quoted(session.outputNames)}`);
  }
  const { type, shape } = session.inputs[name] ?? { type: 'unknown', shape: [] };
  if (!inputTypes.includes(type) || shape.length !== 4) {
    throw new AppError('model.not-classifier', {
      path,
      detail: `its input "${name}" is ${type} with ${shape.length} dimensions`,
    });
  }
  const [batch, ...image] = shape;
  const expected = imageShape(card);
  if (image.some((dimension, axis) => typeof dimension === 'number' && dimension !== expected[axis])) {
    throw differs(
      `an image should be ${expected.join(' x ')} (${card.input.layout}), the file takes ${image.join(' x ')}`,
    );
  }
  return { name, outputName, type: type as InputType, fixedBatch: typeof batch === 'number' ? batch : undefined };
}

/** Shape of one image without the batch: `[C,H,W]`, or `[H,W,C]` for NHWC. */
export function imageShape({ input }: ModelCard): [number, number, number] {
  const channels = channelCount(input);
  return input.layout === 'NCHW' ? [channels, input.height, input.width] : [input.height, input.width, channels];
}

/** Images as the file takes them: numbers become halves where it wants these. */
export function inputTensor(
  type: InputType,
  { shape, data }: { shape: readonly number[]; data: Float32Array | Uint8Array },
): RuntimeTensor {
  return { type, shape, data: type === 'float16' && data instanceof Float32Array ? toFloat16(data) : data };
}

const integerScores = new Set(['uint8', 'int8', 'int32']);
/** Whether scores order the classes and say no more: what an integer stands for is not known. */
export const isIntegerScore = (type: RuntimeTensor['type']): boolean => integerScores.has(type);

const floatScores = new Set(['float32', 'float16', 'float64']);

/** Class scores of a batch as float32 `[batch, classes]`, from floats or integers. Throws `model.not-classifier` and `model.differs`. */
export function classScores(
  output: RuntimeTensor | undefined,
  { card, path, batch }: { card: ModelCard; path: string; batch: number },
): Float32Array {
  const refuse = (detail: string): AppError => new AppError('model.not-classifier', { path, detail });
  const isInteger = output !== undefined && isIntegerScore(output.type);
  if (!output || !(isInteger || floatScores.has(output.type)))
    throw refuse(`its output is ${output?.type ?? 'missing'}, neither floating-point numbers nor small integers`);
  const { classes, score } = card.output;
  if (output.data.length !== batch * (score ? 1 : classes)) {
    const expected = score ? 'one score' : `${classes} scores`;
    const detail = `${expected} for each image should come out, the file gives ${output.shape.join(' x ')} numbers for ${batch} images`;
    throw new AppError('model.differs', { path, model: card.name, detail });
  }
  if (score && isInteger)
    throw refuse('its one score is an integer, and what number stands for even odds is not known');
  const values = floatsOf(output);
  return score ? twoClassScores(values, score) : values;
}

function floatsOf({ type, data }: RuntimeTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  // Newer Nodes have an array of halves, which holds numbers and not bit patterns.
  if (type === 'float16' && data instanceof Uint16Array) return fromFloat16(data);
  return Float32Array.from(data as Int32Array);
}

function pick(names: readonly string[], wanted: string): string | undefined {
  return names.includes(wanted) ? wanted : names.length === 1 ? names[0] : undefined;
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');
