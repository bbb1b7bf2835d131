import { AppError } from '@shared/errors';
import type { InputType, ModelCard } from '@shared/model-card';
import type { RuntimeTensor, Session } from '../runtimes/runtime';

export interface ModelInput {
  name: string;
  outputName: string;
  /** uint8: raw pixels; the file normalises them itself. */
  type: InputType;
  /** Images a call must hold, or undefined when the model takes any number. */
  fixedBatch: number | undefined;
}

/**
 * Which value of the session takes images and which holds class scores, checked against the card.
 * Throws `card.mismatch` and `model.not-classifier`.
 */
export function modelInput(session: Session, card: ModelCard, path: string): ModelInput {
  // Compressed files keep their names, but a card may have been written by hand: one input leaves no doubt.
  const name = pick(session.inputNames, card.input.name);
  if (name === undefined) {
    throw new AppError('card.mismatch', {
      path,
      detail: `the card says the input is "${card.input.name}", the model has ${quoted(session.inputNames)}`,
    });
  }
  const outputName = pick(session.outputNames, card.output.name);
  if (outputName === undefined) {
    throw new AppError('card.mismatch', {
      path,
      detail: `the card says the output is "${card.output.name}", the model has ${quoted(session.outputNames)}`,
    });
  }
  const { type, shape } = session.inputs[name] ?? { type: 'unknown', shape: [] };
  if ((type !== 'float32' && type !== 'uint8') || shape.length !== 4) {
    throw new AppError('model.not-classifier', {
      path,
      detail: `its input "${name}" is ${type} with ${shape.length} dimensions`,
    });
  }
  const [batch, ...image] = shape;
  image.forEach((dimension, index) => {
    const expected = imageShape(card)[index];
    if (typeof dimension === 'number' && dimension !== expected) {
      throw new AppError('card.mismatch', {
        path,
        detail: `the card says an image is ${imageShape(card).join(' x ')} (${card.input.layout}), the model takes ${image.join(' x ')}`,
      });
    }
  });
  return { name, outputName, type, fixedBatch: typeof batch === 'number' ? batch : undefined };
}

/** Shape of one image without the batch: `[C,H,W]`, or `[H,W,C]` for NHWC. */
export function imageShape({ input }: ModelCard): [number, number, number] {
  return input.layout === 'NCHW' ? [3, input.height, input.width] : [input.height, input.width, 3];
}

const integerScores = new Set(['uint8', 'int8', 'int32']);

/** Class scores of a batch as float32 `[batch, classes]`, from floats or integers. Throws `model.not-classifier` and `card.mismatch`. */
export function classScores(
  output: RuntimeTensor | undefined,
  { card, path, batch }: { card: ModelCard; path: string; batch: number },
): Float32Array {
  if (!output || (output.type !== 'float32' && !integerScores.has(output.type))) {
    throw new AppError('model.not-classifier', {
      path,
      detail: `its output is ${output?.type ?? 'missing'}, neither float32 nor integers`,
    });
  }
  const { classes } = card.output;
  if (output.data.length !== batch * classes) {
    throw new AppError('card.mismatch', {
      path,
      detail: `the card says ${classes} classes, the model gives ${output.shape.join(' x ')} numbers for ${batch} images`,
    });
  }
  return output.data instanceof Float32Array ? output.data : Float32Array.from(output.data as Int32Array);
}

function pick(names: readonly string[], wanted: string): string | undefined {
  return names.includes(wanted) ? wanted : names.length === 1 ? names[0] : undefined;
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');
