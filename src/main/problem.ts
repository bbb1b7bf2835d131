import { dialog } from 'electron';
import { toAppError } from '@shared/errors';
import { currentWindow } from './window';

/** A sentence in a dialog, for what was asked of a menu. */
export function showProblem(thrown: unknown): void {
  const options = { type: 'warning' as const, message: toAppError(thrown).message };
  const window = currentWindow();
  void (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options));
}
