import { AppError } from '@shared/errors';
import type { SweepFile } from '@shared/sweep-file';
import { endingOf, findFormat } from '../formats/registry';
import type { Model } from '../models/model-folder';
import { findRuntime } from '../runtimes/registry';

/**
 * Whether every model can become what the targets take and what is deployed beside, before hours go into it. Throws
 * `format.unsupported-operator`, naming what has no counterpart, and `format.unknown`.
 */
export async function checkFormats(
  { targets, deploy = {} }: Pick<SweepFile, 'targets' | 'deploy'>,
  models: Iterable<Pick<Model, 'path' | 'card'>>,
): Promise<void> {
  const ids = new Set([...targets.map(({ runtime }) => findRuntime(runtime).format), ...Object.keys(deploy)]);
  const formats = [...ids].filter((id) => id !== 'onnx').map(findFormat);
  if (formats.length === 0) return;
  for (const { path, card } of models)
    for (const format of formats) {
      const operators = (await format.unsupported?.(path, card)) ?? [];
      if (operators.length > 0)
        throw new AppError('format.unsupported-operator', {
          path,
          format: endingOf(format),
          operators: operators.join(', '),
        });
    }
}
