/** scratch */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../src/main/engine/compression/algebra/random';
import type { TechniqueContext } from '../src/main/engine/compression/calibration/technique-context';
import type { Graph } from '../src/main/engine/onnx/graph';
import { loadModel } from '../src/main/engine/onnx/load';
import { encodeModel } from '../src/main/engine/onnx/save';
import { ort } from '../src/main/engine/runtimes/ort';
import { applyStep } from '../src/main/engine/techniques/apply-step';
import type { ModelCard } from '../src/shared/model-card';
import { foreignImages } from '../test/fixtures/networks/foreign-images';
import { foreignNetworks } from '../test/fixtures/networks/index';
import { scoresOf } from '../test/fixtures/networks/run-network';
import { imagesOfCalibration, uncached } from '../test/engine/techniques/small-networks';

function contextOf(card: ModelCard, graph: Graph, data: Float32Array): TechniqueContext {
  const image =
    card.input.layout === 'NHWC' ? [card.input.height, card.input.width, 3] : [3, card.input.height, card.input.width];
  const size = image.reduce((a, b) => a * b, 1);
  const count = data.length / size;
  return {
    card,
    calibration: {
      count,
      async *batches(n) {
        for (let i = 0; i < count; i += n) {
          await Promise.resolve();
          const taken = Math.min(n, count - i);
          yield { data: data.slice(i * size, (i + taken) * size), shape: [taken, ...image] };
        }
      },
    },
    images: imagesOfCalibration({ count: 0, async *batches() {} }),
    cached: uncached,
    reference: () => Promise.resolve(graph),
    seed: 1,
    threads: 1,
    rng: createRandom(1),
    progress: () => undefined,
    note: () => undefined,
    log: () => undefined,
    signal: new AbortController().signal,
  };
}
async function optimized(graph: Graph): Promise<Graph> {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-'));
  const path = join(folder, 'o.onnx');
  const session = await ort.open(encodeModel(graph), { threads: 1, optimizedModelPath: path });
  await session.close();
  const g = await loadModel(path);
  rmSync(folder, { recursive: true });
  return g;
}
function cosine(a: number[], b: number[], classes: number): number {
  let total = 0;
  const n = a.length / classes;
  for (let i = 0; i < n; i++) {
    let [ab, aa, bb] = [0, 0, 0];
    for (let c = 0; c < classes; c++) {
      const x = a[i * classes + c]!;
      const y = b[i * classes + c]!;
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
    total += ab / Math.sqrt(aa * bb);
  }
  return total / n;
}
const only = process.argv[2];
const steps = (process.argv[3] ?? 'quantize.static').split(',');
for (const { name, make, card } of foreignNetworks) {
  if (only && only !== 'all' && !name.includes(only)) continue;
  const graph = make();
  const data = foreignImages(card, 16, 2);
  try {
    let q = graph;
    for (const step of steps) q = await applyStep(q, step, {}, contextOf(card, graph, data));
    const counts: Record<string, number> = {};
    const o = await optimized(q);
    for (const { op } of o.nodes) counts[op] = (counts[op] ?? 0) + 1;
    const test = foreignImages(card, 16, 3);
    const cos =
      q.inputs[0]!.type === 'float32'
        ? cosine(await scoresOf(q, card, test), await scoresOf(graph, card, test), 10)
        : NaN;
    console.log(
      `${name}: ${o.nodes.length} nodes, Q ${counts.QuantizeLinear ?? 0}, DQ ${counts.DequantizeLinear ?? 0}, cos ${cos.toFixed(5)}`,
      Object.entries(counts)
        .sort()
        .map(([k, v]) => `${k}:${v}`)
        .join(' '),
    );
    if (only && only !== 'all')
      for (const n of o.nodes) console.log('   ', n.op, n.name, n.inputs.join(','), '->', n.outputs.join(','));
  } catch (thrown) {
    console.log(`${name}: ${(thrown as Error).message}`);
    if (only && only !== 'all') console.log(thrown);
  }
}
