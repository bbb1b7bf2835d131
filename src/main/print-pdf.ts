import { BrowserWindow } from 'electron';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AppError } from '@shared/errors';
import type { Paper } from '@shared/presenter/paper';

/**
 * Prints a self-contained page to a PDF file, landscape: tagged for readers, with bookmarks of its headings and numbered pages. The page
 * runs no script.
 * Throws `output.unwritable`, `output.disk-full`.
 */
export async function printPdf(html: string, path: string, paper: Paper): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'whittle-print-'));
  const window = new BrowserWindow({
    show: false,
    webPreferences: { sandbox: true, javascript: false, contextIsolation: true },
  });
  try {
    const page = join(folder, 'report.html');
    await writeFile(page, html);
    await window.loadURL(pathToFileURL(page).toString());
    const pdf = await window.webContents.printToPDF({
      landscape: true,
      pageSize: paper === 'a4' ? 'A4' : 'Letter',
      preferCSSPageSize: true,
      generateTaggedPDF: true,
      generateDocumentOutline: true,
      printBackground: true,
      displayHeaderFooter: true,
      headerTemplate: '<span></span>',
      footerTemplate:
        '<div style="font-size:7px;width:100%;text-align:right;padding-right:12mm;color:#777"><span class="pageNumber"></span> / <span class="totalPages"></span></div>',
    });
    await replaceFile(path, pdf);
  } finally {
    window.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}

async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    await writeFile(temporary, bytes, { flush: true });
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true });
    const { code } = thrown as NodeJS.ErrnoException;
    throw code === 'ENOSPC'
      ? new AppError('output.disk-full', { path })
      : new AppError('output.unwritable', { path, detail: code });
  }
}
