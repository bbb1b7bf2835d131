import { app } from 'electron';
import { readFile } from 'node:fs/promises';
import { toAppError } from '@shared/errors';
import { printPdf } from './print-pdf';

/**
 * `--print-report PAGE.html OUT.pdf PAPER`: prints and quits, without a window or an engine; how the command line gets its PDF.
 * Answers whether that was asked.
 */
export function printFromCommandLine(): boolean {
  const at = process.argv.indexOf('--print-report');
  if (at < 0) return false;
  const [page, output, paper] = process.argv.slice(at + 1);
  app.on('window-all-closed', () => undefined);
  void app
    .whenReady()
    .then(async () => printPdf(await readFile(page ?? '', 'utf8'), output ?? '', paper === 'letter' ? 'letter' : 'a4'))
    .then(
      () => app.exit(0),
      (thrown: unknown) => {
        process.stderr.write(`${toAppError(thrown).message}\n`);
        app.exit(2);
      },
    );
  return true;
}
