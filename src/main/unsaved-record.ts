import { dialog, type BrowserWindow } from 'electron';

/** Asks about a record of Live that is in no file, whose page holds up its window. Answers whether the person lets it go. */
export function mayLoseRecord(window: BrowserWindow): boolean {
  const choice = dialog.showMessageBoxSync(window, {
    type: 'question',
    message: 'A record of Live is not saved.',
    detail: 'It is kept in the Live view until it is saved or thrown away. If you close the window, it is lost.',
    buttons: ['Keep open', 'Close without saving'],
    defaultId: 0,
    cancelId: 0,
  });
  return choice === 1;
}
