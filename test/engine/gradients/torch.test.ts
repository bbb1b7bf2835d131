import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { differentiate } from '../../../src/main/engine/gradients/differentiate';
import { GradientWriter } from '../../../src/main/engine/gradients/gradient-writer';
import { crossEntropy } from '../../../src/main/engine/gradients/losses';
import { withParameters } from '../../../src/main/engine/gradients/parameters';
import { FreshNames } from '../../../src/main/engine/onnx/fresh-names';
import { elementCount, type Graph, type Tensor } from '../../../src/main/engine/onnx/graph';
import { loadModel } from '../../../src/main/engine/onnx/load';
import { float32Tensor, int32Tensor, makeValue } from '../../../src/main/engine/onnx/make';
import { removeDead } from '../../../src/main/engine/onnx/remove-dead';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { logitsOf } from '../../../src/main/engine/training/logits';
import { withBatch } from '../../../src/main/engine/training/network-batch';
import { trainableParameters } from '../../../src/main/engine/training/trainable';
import { noiseTensor } from '../../fixtures/graphs';
import { runGraph } from '../../fixtures/run-graph';
import { torchScript, writeTorchNetwork, type TorchOrder } from '../../fixtures/torch-network';
import { hasZoo, needsZoo, zooNames, zooPath } from '../../fixtures/zoo';

/** A Python that has PyTorch; it is no dependency. */
const python = process.env['WHITTLE_TORCH_PYTHON'] ?? 'python3';
const hasTorch = hasZoo && spawnSync(python, ['-c', 'import torch']).status === 0;
const needs = needsZoo || (hasTorch ? '' : ` (skipped: ${python} has no PyTorch; name one in WHITTLE_TORCH_PYTHON)`);

const batch = 2;
const labels = [7, 512];

type Gradients = Map<string, Float32Array>;

/** In float32 and, closer to the truth, in float64. */
function torchGradients(order: TorchOrder): { single: Gradients; exact: Gradients } {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-torch-'));
  try {
    writeTorchNetwork(folder, order);
    const { status, stderr } = spawnSync(python, [torchScript, folder], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const read = (file: string): Gradients => {
      const bytes = readFileSync(join(folder, file));
      let offset = bytes.byteOffset;
      return new Map(
        order.wanted.map((name) => {
          const count = elementCount(order.network.initializers.get(name)!.shape);
          const gradient = new Float32Array(bytes.buffer, offset, count).slice();
          offset += 4 * count;
          return [name, gradient];
        }),
      );
    };
    return { single: read('gradients.bin'), exact: read('exact.bin') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ownGradients(
  network: Graph,
  image: Tensor,
  wanted: readonly string[],
  scores: string,
): Promise<Gradients> {
  const forward = withParameters(network, wanted);
  const write = new GradientWriter(forward, new FreshNames(forward));
  const loss = crossEntropy(write, write.reshape(scores, [batch, 1000]), 'labels', [batch, 1000]);
  write.append();
  forward.inputs.push(makeValue('labels', 'int32', [batch]));
  const { graph, gradients } = differentiate(forward, loss, wanted);
  graph.outputs = [...gradients].map(([name, value]) =>
    makeValue(value, 'float32', network.initializers.get(name)!.shape),
  );
  const parameters = Object.fromEntries(wanted.map((name) => [name, network.initializers.get(name)!]));
  const feeds = { [network.inputs[0]!.name]: image, labels: int32Tensor([batch], labels), ...parameters };
  const results = await runGraph(removeDead(graph), feeds, 'all');
  return new Map([...gradients].map(([name, value]) => [name, results[value]!.data as Float32Array]));
}

/** Norm of the difference over that of the second. */
function relativeDifference(a: Float32Array, b: Float32Array): number {
  let [difference, norm] = [0, 0];
  for (const [at, value] of b.entries()) {
    difference += (a[at]! - value) ** 2;
    norm += value ** 2;
  }
  return Math.sqrt(difference / norm);
}

describe(`gradients of every parameter are those of PyTorch${needs}`, () => {
  test.skipIf(!hasTorch).each(zooNames)('%s', async (name) => {
    const network = withBatch(simplify(await loadModel(zooPath(name))), batch);
    const image = noiseTensor(network.inputs[0]!.shape as number[], 5);
    const bright = float32Tensor(
      image.shape,
      (image.data as Float32Array).map((value) => 2 * value),
    );
    const wanted = [...trainableParameters(network, 0).keys()];
    const scores = logitsOf(network);
    const own = await ownGradients(network, bright, wanted, scores);
    const { single, exact } = torchGradients({ network, image: bright, wanted, scores, labels });
    // Numbers beside the kink of a Relu fall to either side in float32, by whoever computes them: PyTorch's differ by 2e-3 from its own in float64.
    for (const each of wanted) {
      const rounding = relativeDifference(single.get(each)!, exact.get(each)!);
      expect(relativeDifference(own.get(each)!, exact.get(each)!), each).toBeLessThan(1e-3 + 3 * rounding);
    }
  });
});
