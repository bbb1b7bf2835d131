import type { WebContents } from 'electron';
import type { WindowCommand } from '@shared/shell-contract';
import { currentWindow } from './window';

const listening = new WeakSet<WebContents>();
const waiting: WindowCommand[] = [];

/** Asks something of the window. One whose page is still loading does it once it listens. */
export function commandWindow(command: WindowCommand): void {
  const contents = currentWindow()?.webContents;
  if (contents && listening.has(contents)) send(contents, command);
  else waiting.push(command);
}

/** The page of a window listens from now on. */
export function windowListens(contents: WebContents): void {
  listening.add(contents);
  for (const command of waiting.splice(0)) send(contents, command);
}

const send = (contents: WebContents, command: WindowCommand): void =>
  contents.send('whittle:signal', 'shell.command', command);
