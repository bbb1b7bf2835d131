import { AppError } from '@shared/errors';
import { coremlFormat } from './coreml/format';
import { edgetpuFormat } from './edgetpu/format';
import type { FileFormat } from './file-format';
import { tfliteFormat } from './tflite/tflite-format';

/** Formats that deployments are converted to. ONNX is not among them: what a trial leaves is ONNX. The Edge TPU's is compiled from TensorFlow Lite's. */
export const formats: readonly FileFormat[] = [tfliteFormat, edgetpuFormat(tfliteFormat), coremlFormat];

/** The ending of the files that people get. */
export const endingOf = ({ id, ending = id }: FileFormat): string => ending;

/** Options of a format as a sweep gives them, defaults filled in. Throws `deploy.invalid`. */
export function deployOptions(format: FileFormat, given: Record<string, unknown> = {}): Record<string, unknown> {
  const options = format.options.safeParse(given);
  if (options.success) return options.data;
  const { path, message } = options.error.issues[0]!;
  throw new AppError('deploy.invalid', { format: format.id, detail: [...path.map(String), message].join(': ') });
}

/** The format of a runtime, with what writes it. Throws `format.unknown`. */
export function findFormat(id: string): FileFormat {
  const format = formats.find((candidate) => candidate.id === id);
  if (!format) throw new AppError('format.unknown', { format: id });
  return format;
}
