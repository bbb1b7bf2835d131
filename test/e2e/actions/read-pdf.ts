import { expect, test } from '@playwright/test';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { presentRun } from '@shared/presenter/reading';
import type { RunView } from '@shared/run';

/** What poppler's programs read in a PDF. */
interface ReadPdf {
  text: string;
  isTagged: boolean;
  /** "841.92 x 594.96 pts (A4)" */
  pageSize: string;
  pages: number;
  /** Whether each font is embedded. */
  fonts: boolean[];
}

/** Undefined where poppler is not installed. */
async function readPdf(path: string): Promise<ReadPdf | undefined> {
  const run = async (program: string, ...words: string[]): Promise<string> =>
    (await promisify(execFile)(program, words, { maxBuffer: 64e6 })).stdout;
  try {
    const info = await run('pdfinfo', path);
    const fact = (name: string): string => new RegExp(`^${name}: +(.*)$`, 'm').exec(info)?.[1] ?? '';
    const fonts = (await run('pdffonts', path)).trimEnd().split('\n').slice(2);
    return {
      text: await run('pdftotext', '-layout', path, '-'),
      isTagged: fact('Tagged') === 'yes',
      pageSize: fact('Page size'),
      pages: Number(fact('Pages')),
      fonts: fonts.map((line) => / yes (yes|no) +(yes|no) +\d+ +\d+$/.test(line)),
    };
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

/**
 * Every figure of a run, as all views write it, is in the text of its PDF, which search and readers can use. Without poppler only the
 * bookmarks are looked at, and the report of the test says so.
 */
export async function expectFiguresInPdf(path: string, run: RunView, paper: 'A4' | 'letter'): Promise<void> {
  expect(await readFile(path, 'latin1')).toContain('/Outlines');
  const found = await readPdf(path);
  if (!found) {
    test.info().annotations.push({ type: 'skipped', description: `no poppler: the text of ${path} was not read` });
    return;
  }
  const { text, isTagged, pageSize, pages, fonts } = found;
  expect(isTagged).toBe(true);
  expect(pageSize).toContain(paper);
  expect(fonts.length).toBeGreaterThan(0);
  expect(fonts.every((isEmbedded) => isEmbedded)).toBe(true);
  expect(text).toMatch(new RegExp(`${pages} ?/ ?${pages}`));
  const plain = text.replaceAll(/\s+/g, ' ');
  const { read } = presentRun(run);
  for (const trial of run.trials)
    for (const target of run.manifest.targets)
      for (const metric of ['size', 'latency', 'top1'] as const) {
        const { text: value, change } = read(metric, trial, target)!;
        for (const figure of [value, change?.text ?? '', change?.interval ?? '']) expect(plain).toContain(figure);
      }
}
