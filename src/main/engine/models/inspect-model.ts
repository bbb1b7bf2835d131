import { stat } from 'node:fs/promises';
import type { ModelInspection } from '@shared/contract';
import { inspectGraph } from '../onnx/count';
import { loadModel } from '../onnx/load';
import { hashFile } from '../store/artifacts';
import { readCard } from './card';

/** Everything the file itself tells, for `inspect` and the window. */
export async function inspectModel(path: string): Promise<ModelInspection> {
  const graph = await loadModel(path);
  const [card, sha256, { size }] = [await readCard(path), await hashFile(path), await stat(path)];
  return { path, sha256, sizeBytes: size, ...inspectGraph(graph), card: card?.preprocess };
}
