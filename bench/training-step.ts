/**
 * Time of a training step as `finetune` makes it, per network of the zoo: forward and backward pass, SGD with momentum, batch norms folded;
 * and of the teacher's forward pass, which it needs besides. Each network in a process of its own, whose peak memory is given.
 * Where WHITTLE_TORCH_PYTHON names a Python with PyTorch, the same step of the same network there, and the ratio.
 * Usage: training-step [networks, comma separated] [batch] [threads] [steps]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crossEntropy } from '../src/main/engine/gradients/losses';
import { sgd } from '../src/main/engine/gradients/optimizers';
import { peakMemoryBytes } from '../src/main/engine/measure/latency/memory';
import { createRandom } from '../src/main/engine/compression/algebra/random';
import { loadModel } from '../src/main/engine/onnx/load';
import type { Graph, Tensor } from '../src/main/engine/onnx/graph';
import { makeValue } from '../src/main/engine/onnx/make';
import { simplify } from '../src/main/engine/onnx/simplify';
import type { RuntimeTensor } from '../src/main/engine/runtimes/runtime';
import { logitsOf } from '../src/main/engine/training/logits';
import { withBatch } from '../src/main/engine/training/network-batch';
import { stepGraph } from '../src/main/engine/training/step-graph';
import { Teacher } from '../src/main/engine/training/teacher';
import { trainableParameters } from '../src/main/engine/training/trainable';
import { TrainingSession } from '../src/main/engine/training/training-session';
import { torchScript, writeTorchNetwork } from '../test/fixtures/torch-network';
import { timed } from './thread-time';
import { isInZoo, networks, shared } from './zoo-context';

interface Order {
  name: string;
  batch: number;
  threads: number;
  steps: number;
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function runOne({ name, batch, threads, steps }: Order): Promise<void> {
  const network = withBatch(simplify(await loadModel(join(shared, 'zoo', `${name}.onnx`))), batch);
  const [input, logits] = [network.inputs[0]!, logitsOf(network)];
  const shape = input.shape as number[];
  const classes = 1000;
  const step = stepGraph(network, {
    parameters: trainableParameters(network, 1e-4),
    optimizer: sgd({ momentum: 0.9, nesterov: false }),
    objective: (write) => ({
      loss: crossEntropy(write, write.reshape(logits, [batch, classes]), 'labels', [batch, classes]),
      inputs: [makeValue('labels', 'int32', [batch])],
    }),
  });
  const random = createRandom(1);
  const pixels = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() * 2 - 1);
  const labels = Int32Array.from({ length: batch }, (_, at) => (at * 61) % classes);
  const feeds: Record<string, RuntimeTensor> = {
    [input.name]: { type: 'float32', shape, data: pixels },
    labels: { type: 'int32', shape: [batch], data: labels },
  };
  const session = await TrainingSession.open(step, network.initializers, threads);
  await session.train(feeds, 1e-4);
  const times: number[] = [];
  const start = process.cpuUsage();
  for (let at = 0; at < steps; at++) times.push((await timed(() => session.train(feeds, 1e-4))).wall);
  const { user, system } = process.cpuUsage(start);
  const peak = await peakMemoryBytes();
  await session.close();
  const teacher = await Teacher.open(network, [logits], threads);
  await teacher.answer({ pixels, shape });
  const forward: number[] = [];
  for (let at = 0; at < steps; at++) forward.push((await timed(() => teacher.answer({ pixels, shape }))).wall);
  await teacher.close();
  const seconds = (values: number[]): string =>
    `${(median(values) / 1000).toFixed(2)} s (fastest ${(Math.min(...values) / 1000).toFixed(2)})`;
  const theirs = torchTimes(network, {
    image: { type: 'float32', shape, data: pixels },
    labels,
    logits,
    threads,
    steps,
  });
  const beside = theirs && `; PyTorch ${seconds(theirs)}: x${(median(times) / median(theirs)).toFixed(2)} of it`;
  console.log(
    `${name.padEnd(14)} ${batch} images, ${threads} threads: step ${seconds(times)}, processor ${((user + system) / 1e6 / steps).toFixed(2)} s, teacher ${seconds(forward)}, peak ${(peak / 1e9).toFixed(2)} GB${beside ?? ''}`,
  );
}

interface TorchStep {
  image: Tensor;
  labels: Int32Array;
  logits: string;
  threads: number;
  steps: number;
}

/** Milliseconds of each step by PyTorch; undefined where there is none. */
function torchTimes(network: Graph, { image, labels, logits, threads, steps }: TorchStep): number[] | undefined {
  const python = process.env['WHITTLE_TORCH_PYTHON'];
  if (!python) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'whittle-torch-'));
  try {
    const wanted = [...trainableParameters(network, 0).keys()];
    writeTorchNetwork(folder, { network, image, wanted, scores: logits, labels: [...labels] });
    const words = [torchScript, folder, String(steps), String(threads)];
    const { stdout, stderr, status } = spawnSync(python, words, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as number[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--one') await runOne(JSON.parse(rest[0]!) as Order);
else {
  const [batch = '16', threads = '2', steps = '5'] = rest;
  for (const name of first?.split(',') ?? networks) {
    if (!isInZoo(name)) {
      console.log(`${name}: skipped, it is not in ${shared}/zoo`);
      continue;
    }
    const order: Order = { name, batch: Number(batch), threads: Number(threads), steps: Number(steps) };
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--one', JSON.stringify(order)], { stdio: 'inherit' });
  }
}
