import { basename } from 'node:path';
import type { ModelInspection } from '@shared/contract';
import { inspectGraph } from '../onnx/inspect-graph';
import { loadForInspection } from '../onnx/load';
import { readCard } from './card';
import { modelIdentity } from './model-identity';

/** Everything the file itself tells, for `inspect` and the window. */
export async function inspectModel(path: string): Promise<ModelInspection> {
  const graph = await loadForInspection(path);
  const [card, { sha256, sizeBytes, files }] = [await readCard(path), await modelIdentity(path)];
  const names = files.map(({ location }) => location || basename(path));
  const { preprocess, input } = card ?? {};
  const facts = inspectGraph(graph, path, card);
  return { path, sha256, sizeBytes, files: names, ...facts, card: preprocess, cardOrder: input?.channels };
}
