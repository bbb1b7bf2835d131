import { AppError } from '@shared/errors';
import { channelCount, type ModelCard } from '@shared/model-card';
import { fromFloat16 } from '../onnx/float16';
import { twoClassScores } from '../onnx/two-class-scores';
import type { Quantization, RuntimeTensor, Session, TensorInfo } from '../runtimes/runtime';
import { fileTensor, interleaveOf, realNumbers, type GivenImages, type InputForm } from './file-tensor';

export interface ModelInput {
  name: string;
  outputName: string;
  /** What preprocessing is to give. uint8: raw pixels, which the file normalises itself. */
  pixels: 'float32' | 'uint8';
  /** What the file takes of these: see `inputTensor`. */
  form: InputForm;
  /** Of the scores, where they come as codes. */
  scoreQuantization?: Quantization;
  /** Images a call must hold, or undefined when the model takes any number. */
  fixedBatch: number | undefined;
}

const inputTypes: readonly string[] = ['float32', 'float16', 'uint8', 'int8'] satisfies InputForm['type'][];

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
  const info = session.inputs[name] ?? { type: 'unknown', shape: [] };
  const { type, shape, quantization } = info;
  if (!inputTypes.includes(type) || shape.length !== 4 || (type === 'int8' && !quantization)) {
    throw new AppError('model.not-classifier', {
      path,
      detail: `its input "${name}" is ${type} with ${shape.length} dimensions`,
    });
  }
  const [batch, ...image] = shape;
  const layout = info.layout ?? card.input.layout;
  const expected = imageShape(card, layout);
  if (image.some((dimension, axis) => typeof dimension === 'number' && dimension !== expected[axis])) {
    throw differs(`an image should be ${expected.join(' x ')} (${layout}), the file takes ${image.join(' x ')}`);
  }
  const isPixels = takesPixels(info, card);
  // Of levels the code is the level itself, whatever number it stands for within the file.
  const codes = isPixels && quantization ? { scale: 1, zeroPoint: type === 'int8' ? -128 : 0 } : quantization;
  const form: InputForm = {
    type: type as InputForm['type'],
    ...(codes && { quantization: codes }),
    ...(layout !== card.input.layout && { interleave: interleaveOf(card) }),
  };
  return {
    name,
    outputName,
    pixels: isPixels ? 'uint8' : 'float32',
    form,
    scoreQuantization: session.outputs[outputName]?.quantization,
    fixedBatch: typeof batch === 'number' ? batch : undefined,
  };
}

/**
 * Whether the file normalises images itself. A file of codes without a scale takes the levels themselves; so do codes whose scale of one makes
 * them levels; of a file that takes numbers only the card can know.
 */
function takesPixels({ type, quantization }: TensorInfo, { input, preprocess }: ModelCard): boolean {
  if (quantization)
    return (
      input.type === 'uint8' || quantization.scale === 1 || (type === 'uint8' && isFolded(quantization, preprocess))
    );
  return type === 'uint8' || (type === 'float32' && input.type === 'uint8');
}

/** Whether codes are those of a file whose normalisation went into its first layer: they stand for numbers that no single channel has. */
function isFolded({ scale, zeroPoint }: Quantization, { mean, std }: ModelCard['preprocess']): boolean {
  const middle = Math.round((Math.min(...mean) + Math.max(...mean)) / 2);
  return scale === Math.fround(1 / Math.min(...std)) && zeroPoint === Math.max(0, Math.min(255, middle));
}

/** Shape of one image without the batch: `[C,H,W]`, or `[H,W,C]` for NHWC. */
export function imageShape({ input }: ModelCard, layout = input.layout): [number, number, number] {
  const channels = channelCount(input);
  return layout === 'NCHW' ? [channels, input.height, input.width] : [input.height, input.width, channels];
}

/** Images as the file takes them, made once: what is timed is the runtime alone. */
export const inputTensor = ({ form }: Pick<ModelInput, 'form'>, images: GivenImages): RuntimeTensor =>
  fileTensor(form, images);

const integerScores = new Set(['uint8', 'int8', 'int32']);
/** Whether scores order the classes and say no more: what an integer stands for is not known, but where the file tells its scale. */
export const isIntegerScore = (type: RuntimeTensor['type'], quantization?: Quantization): boolean =>
  quantization === undefined && integerScores.has(type);

const floatScores = new Set(['float32', 'float16', 'float64']);

/**
 * Class scores of a batch as float32 `[batch, classes]`, from floats, codes or plain integers.
 * @param quantization of the codes: `ModelInput.scoreQuantization`
 * Throws `model.not-classifier` and `model.differs`.
 */
export function classScores(
  output: RuntimeTensor | undefined,
  { card, path, batch, quantization }: { card: ModelCard; path: string; batch: number; quantization?: Quantization },
): Float32Array {
  const refuse = (detail: string): AppError => new AppError('model.not-classifier', { path, detail });
  const isInteger = output !== undefined && isIntegerScore(output.type, quantization);
  if (!output || !(isInteger || quantization || floatScores.has(output.type)))
    throw refuse(`its output is ${output?.type ?? 'missing'}, neither floating-point numbers nor small integers`);
  const { classes, score, background = false } = card.output;
  const given = score ? 1 : classes + (background ? 1 : 0);
  if (output.data.length !== batch * given) {
    const expected = score ? 'one score' : `${given} scores`;
    const detail = `${expected} for each image should come out, the file gives ${output.shape.join(' x ')} numbers for ${batch} images`;
    throw new AppError('model.differs', { path, model: card.name, detail });
  }
  if (score && isInteger)
    throw refuse('its one score is an integer, and what number stands for even odds is not known');
  const values = quantization ? realNumbers(output.data as Uint8Array, quantization) : floatsOf(output);
  if (background) return withoutBackground(values, batch);
  return score ? twoClassScores(values, score) : values;
}

/** The first score of each image is for none of the classes. */
function withoutBackground(values: Float32Array, batch: number): Float32Array {
  const given = values.length / batch;
  return Float32Array.from({ length: values.length - batch }, (_, index) => {
    const image = Math.floor(index / (given - 1));
    return values[index + image + 1]!;
  });
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
