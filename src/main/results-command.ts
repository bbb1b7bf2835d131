import { app, dialog } from 'electron';
import { resolve } from 'node:path';
import { toAppError } from '@shared/errors';
import type { EngineAccess } from './engine-process';
import { showMainWindow } from './window';

const option = '--open-results=';

/** The folder or JSON report of `--open-results=PATH`; relative to where the command was given. */
export function resultsOf(words: readonly string[], folder = process.cwd()): string | undefined {
  const word = words.findLast((each) => each.startsWith(option));
  return word === undefined ? undefined : resolve(folder, word.slice(option.length));
}

/** Opens the results that were named on the command line, now or by a second start of the application. */
export function openResultsFromCommandLine(engine: EngineAccess, first: string | undefined): void {
  const open = (folder: string): void =>
    void engine.openResults(folder).catch((thrown: unknown) => {
      dialog.showErrorBox('These results cannot be shown', toAppError(thrown).message);
    });
  if (first !== undefined) open(first);
  app.on('second-instance', (_event, words, workingFolder) => {
    showMainWindow();
    const folder = resultsOf(words, workingFolder);
    if (folder !== undefined) open(folder);
  });
}
