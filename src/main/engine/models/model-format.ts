import { AppError } from '@shared/errors';
import { fileOf, modelFiles, type ModelFile } from '../onnx/model-files';

/** Formats of files that people bring. One that was compiled for the Edge TPU is called .tflite too, and only its content tells. */
export type ModelFormat = 'onnx' | 'tflite' | 'edgetpu';

/** By its name; what it holds is checked when it is read. Everything that is not called .tflite is taken for ONNX. */
export const formatOfModel = (path: string): Exclude<ModelFormat, 'edgetpu'> =>
  /\.tflite$/i.test(path) ? 'tflite' : 'onnx';

export const isModelName = (path: string): boolean => /\.(onnx|tflite)$/i.test(path);

/** All files that a model consists of: only ONNX keeps weights beside it. Throws what `modelFiles` throws. */
export function partsOf(path: string): ModelFile[] {
  if (formatOfModel(path) === 'onnx') return modelFiles(path);
  try {
    return [fileOf(path, '')];
  } catch (cause) {
    throw new AppError('model.not-found', { name: path }, { cause });
  }
}
