import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { AppError } from '@shared/errors';
import { sweepFileSchema, type SweepFile } from '@shared/sweep-file';

/**
 * Reads a sweep file. Relative paths are taken from the sweep file's folder and, where nothing is there, from the folder the
 * command was given in.
 * @throws `sweep.not-found`, `sweep.yaml`, `sweep.invalid`
 */
export async function readSweep(path: string): Promise<SweepFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new AppError('sweep.not-found', { path });
  }
  const sweep = parseSweep(text, path);
  const folder = dirname(resolve(path));
  return {
    ...sweep,
    dataset: { ...sweep.dataset, path: resolveReference(sweep.dataset.path, folder) },
    models: sweep.models.map((model) => (/[\\/]|\.onnx$/i.test(model) ? resolveReference(model, folder) : model)),
  };
}

/** The sweep in `text`; `path` only names it in errors. */
export function parseSweep(text: string, path: string): SweepFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = document.errors[0];
  if (broken) {
    throw new AppError('sweep.yaml', { path, line: lines.linePos(broken.pos[0]).line, detail: broken.message });
  }
  const parsed = sweepFileSchema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (parsed.success) return parsed.data;
  const issue = mostSpecific(parsed.error.issues[0]!);
  throw new AppError('sweep.invalid', { path, at: issue.path.join('.'), detail: issue.message });
}

type Issue = z.core.$ZodIssue;

/** Inside a union zod reports one list of issues for each alternative: the one that went deepest is the one meant. */
function mostSpecific(issue: Issue): { path: PropertyKey[]; message: string } {
  if (issue.code === 'unrecognized_keys') {
    return { path: issue.path, message: `"${issue.keys.join('", "')}" is not known here; check the spelling` };
  }
  if (issue.code !== 'invalid_union') return issue;
  const candidates = issue.errors
    .flat()
    .map((inner) => mostSpecific({ ...inner, path: [...issue.path, ...inner.path] }));
  candidates.sort((a, b) => b.path.length - a.path.length);
  return candidates[0] ?? issue;
}

function resolveReference(reference: string, folder: string): string {
  if (isAbsolute(reference)) return reference;
  const beside = resolve(folder, reference);
  return existsSync(beside) || !existsSync(resolve(reference)) ? beside : resolve(reference);
}
