import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
import type { DatasetSpec } from '@shared/dataset';
import { AppError } from '@shared/errors';
import { sweepFileSchema, type SweepFile } from '@shared/sweep-file';
import { problemOf } from './sweep-issue';

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
  return resolveSweep(parseSweep(text, path), dirname(resolve(path)));
}

/** The sweep with its relative paths taken from `folder`. */
export function resolveSweep(sweep: SweepFile, folder: string): SweepFile {
  return {
    ...sweep,
    dataset: { ...sweep.dataset, ...resolvedPaths(sweep.dataset, folder) },
    models: sweep.models.map((model) => (/[\\/]|\.onnx$/i.test(model) ? resolveReference(model, folder) : model)),
  };
}

/** The sweep in `text`; `path` only names it in errors. */
export function parseSweep(text: string, path: string): SweepFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const [error] = document.errors;
  const broken = error ? { at: error.pos[0], detail: wordings[error.code] ?? error.message } : problemOfNodes(document);
  if (broken) throw new AppError('sweep.yaml', { path, line: lines.linePos(broken.at).line, detail: broken.detail });
  const parsed = sweepFileSchema.safeParse(withTrainPath(valuesOf(document, path)));
  if (parsed.success) return parsed.data;
  const problem = problemOf(parsed.error.issues[0]!);
  throw new AppError('sweep.invalid', { path, at: problem.path.join('.'), detail: problem.detail });
}

/** What the parser says for programmers, for people. */
const wordings: Partial<Record<string, string>> = {
  MULTIPLE_DOCS: 'another document begins here ("---"), and a sweep file is one',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
};

/** What is good YAML and would be lost or throw on the way to values. */
function problemOfNodes(document: Document.Parsed): { at: number; detail: string } | undefined {
  let problem: { at: number; detail: string } | undefined;
  const found = (at: number | undefined, detail: string): symbol => {
    problem = { at: at ?? 0, detail };
    return visit.BREAK;
  };
  const anchors = new Set<string>();
  visit(document, {
    Value(_, { anchor }) {
      if (anchor !== undefined) anchors.add(anchor);
    },
    Alias: (_, alias) =>
      anchors.has(alias.source)
        ? undefined
        : found(alias.range?.[0], `no &${alias.source} stands before *${alias.source}`),
    Pair: (_, { key }) =>
      isScalar(key) && key.value === '__proto__'
        ? found(key.range?.[0], '"__proto__" cannot be a name here')
        : undefined,
  });
  return problem;
}

/** `train: FOLDER` for `trainPath: FOLDER`. What is no sweep is left for the schema to complain about. */
function withTrainPath(values: unknown): unknown {
  const { dataset } = (values ?? {}) as { dataset?: { train?: unknown; trainPath?: unknown } };
  if (typeof dataset?.train !== 'string' || dataset.trainPath !== undefined) return values;
  const { train: trainPath, ...others } = dataset;
  return { ...(values as object), dataset: { ...others, trainPath } };
}

/** Aliases of aliases can grow a small file without bound. */
function valuesOf(document: Document.Parsed, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new AppError('sweep.yaml', { path, line: 1, detail: 'its aliases (*name) repeat too much' }, { cause });
  }
}

function resolvedPaths({ path, trainPath }: DatasetSpec, folder: string): Pick<DatasetSpec, 'path' | 'trainPath'> {
  return {
    path: resolveReference(path, folder),
    ...(trainPath !== undefined && { trainPath: resolveReference(trainPath, folder) }),
  };
}

function resolveReference(reference: string, folder: string): string {
  if (isAbsolute(reference)) return reference;
  const beside = resolve(folder, reference);
  return existsSync(beside) || !existsSync(resolve(reference)) ? beside : resolve(reference);
}
