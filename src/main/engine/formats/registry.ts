import { AppError } from '@shared/errors';
import type { FileFormat } from './file-format';

/** Formats that deployments are converted to. ONNX is not among them: what a trial leaves is ONNX. */
export const formats: readonly FileFormat[] = [];

/** The format of a runtime, with what writes it. Throws `format.unknown`. */
export function findFormat(id: string): FileFormat {
  const format = formats.find((candidate) => candidate.id === id);
  if (!format) throw new AppError('format.unknown', { format: id });
  return format;
}
