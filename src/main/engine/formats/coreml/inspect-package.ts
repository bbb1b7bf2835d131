import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@shared/errors';
import { formatBytes } from '@shared/format';
import { folderBytes } from '../../files/folder-bytes';
import { decodeMessage } from '../protobuf/message';
import { oldestSystem } from './model';
import { modelPath } from './package';
import { coremlSchema } from './schema';

/** What a package holds, as far as its program tells. */
export interface PackageInspection {
  path: string;
  sizeBytes: number;
  specificationVersion: number;
  /** The oldest systems that load it. */
  system: string;
  inputs: string[];
  outputs: string[];
  /** How many of each, constants left out. */
  operations: Record<string, number>;
}

interface Feature {
  name?: string;
  type?: Record<string, { width?: number; height?: number; shape?: number[] }>;
}

interface Spec {
  specificationVersion?: number;
  description?: { input?: Feature[]; output?: Feature[] };
  mlProgram?: {
    functions?: Record<string, { block_specializations?: Record<string, { operations?: { type?: string }[] }> }>;
  };
}

/** Throws `coreml.damaged` for a folder that is no package of an ML Program. */
export async function inspectPackage(path: string): Promise<PackageInspection> {
  const found = await specOf(path).catch(() => undefined);
  const functions = Object.values(found?.mlProgram?.functions ?? {});
  if (!found || functions.length === 0) throw new AppError('coreml.damaged', { path });
  const { specificationVersion = 0, description = {} } = found;
  const operations: Record<string, number> = {};
  for (const { block_specializations: blocks = {} } of functions)
    for (const { operations: listed = [] } of Object.values(blocks))
      for (const { type = '' } of listed) if (type !== 'const') operations[type] = (operations[type] ?? 0) + 1;
  return {
    path,
    sizeBytes: await folderBytes(path),
    specificationVersion,
    system: oldestSystem(specificationVersion),
    inputs: (description.input ?? []).map(featureText),
    outputs: (description.output ?? []).map(featureText),
    operations,
  };
}

async function specOf(path: string): Promise<Spec> {
  const bytes = await readFile(join(path, 'Data', ...modelPath.split('/')));
  return decodeMessage(coremlSchema, 'Model', bytes);
}

function featureText({ name = '', type = {} }: Feature): string {
  const [[kind, { width, height, shape }] = ['', {}]] = Object.entries(type);
  const size = width === undefined ? shape && `[${shape.join(', ')}]` : `${width} x ${height}`;
  return [name, kind.replace(/Type$/, ''), size].filter(Boolean).join('  ');
}

/** For people. */
export function packageText(found: PackageInspection): string {
  const operations = Object.entries(found.operations).sort((a, b) => b[1] - a[1]);
  return [
    found.path,
    `  bytes       ${found.sizeBytes.toLocaleString('en')} (${formatBytes(found.sizeBytes)})`,
    `  format      Core ML program, version ${found.specificationVersion}: ${found.system} or later`,
    ...found.inputs.map((input) => `  input       ${input}`),
    ...found.outputs.map((output) => `  output      ${output}`),
    `  operations  ${operations.map(([name, count]) => `${name} ${count}`).join(', ')}`,
    '',
  ].join('\n');
}
