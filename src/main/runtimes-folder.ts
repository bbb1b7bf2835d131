import { AppError } from '@shared/errors';
import type { Settings } from '@shared/settings';

/**
 * Native code is loaded from the folder of runtimes: the window may name one that a person chose in a dialog, one that was named before, or none.
 * @param chosen folders of this session; the present one joins them
 * Throws `ipc.invalid`.
 */
export async function checkRuntimesFolder(
  change: Partial<Settings>,
  chosen: Set<string>,
  settings: () => Promise<Pick<Settings, 'runtimesFolder'>>,
): Promise<void> {
  if (!change.runtimesFolder) {
    if (change.runtimesFolder === '') chosen.add((await settings()).runtimesFolder);
    return;
  }
  chosen.add((await settings()).runtimesFolder);
  if (!chosen.has(change.runtimesFolder))
    throw new AppError('ipc.invalid', { endpoint: 'settings.set', detail: 'no such folder of runtimes was chosen' });
}
