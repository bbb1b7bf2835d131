import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foldBatchNorm } from '../src/main/engine/onnx/fold-batch-norm';
import { loadModel } from '../src/main/engine/onnx/load';
import { saveModel } from '../src/main/engine/onnx/save';

/** Loads a model, folds its batch normalisations, saves it; prints seconds and the peak resident memory. */
const path = process.argv[2];
if (!path) throw new Error('usage: load-fold-save MODEL.onnx');
const folder = await mkdtemp(join(tmpdir(), 'whittle-bench-'));
try {
  const target = join(folder, 'folded.onnx');
  const times: [string, number][] = [];
  const timed = async <T>(stage: string, task: () => T | Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await task();
    times.push([stage, (performance.now() - start) / 1000]);
    return result;
  };
  const graph = await timed('load', () => loadModel(path));
  const folded = await timed('fold', () => foldBatchNorm(graph));
  await timed('save', () => saveModel(folded, target));
  for (const [stage, seconds] of times) console.log(`${stage.padEnd(6)} ${seconds.toFixed(2)} s`);
  console.log(`total  ${times.reduce((sum, [, seconds]) => sum + seconds, 0).toFixed(2)} s`);
  console.log(`peak   ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB resident`);
  console.log(
    `nodes  ${graph.nodes.length} -> ${folded.nodes.length}, bytes ${(await stat(path)).size} -> ${(await stat(target)).size}`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
