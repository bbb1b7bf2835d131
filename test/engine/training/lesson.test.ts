import { expect, test } from 'vitest';
import type { TrainingBatch } from '../../../src/main/engine/compression/calibration/technique-context';
import { calculator } from '../../../src/main/engine/compression/calculator';
import { sgd } from '../../../src/main/engine/gradients/optimizers';
import { shortenValueNames } from '../../../src/main/engine/onnx/fresh-names';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { makeValue } from '../../../src/main/engine/onnx/make';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { feeder, lessonOf, type LessonOptions } from '../../../src/main/engine/training/lesson';
import { withBatch } from '../../../src/main/engine/training/network-batch';
import { stepGraph } from '../../../src/main/engine/training/step-graph';
import { Teacher } from '../../../src/main/engine/training/teacher';
import { trainableParameters } from '../../../src/main/engine/training/trainable';
import { TrainingSession } from '../../../src/main/engine/training/training-session';
import { noiseTensor } from '../../fixtures/graphs';
import { wholeNetwork } from '../techniques/whole-network';

const batch = 4;
const [student, teacher] = [3, 4].map((seed) => withBatch(simplify(wholeNetwork(seed)), batch)) as [Graph, Graph];
const pixels = noiseTensor([batch, 3, 12, 12], 7).data as Float32Array;
const labels = Int32Array.of(1, -1, 7, 0);
const images: TrainingBatch = { pixels, shape: [batch, 3, 12, 12], labels, count: batch };
const base = { batch, labelShare: 0, temperature: 2, featureWeight: 0 } satisfies LessonOptions;

/** The loss that a student has of images, by the graph that training judges with. */
async function lossOf(own: Partial<LessonOptions>, seen: TrainingBatch = images, network = student): Promise<number> {
  const lesson = lessonOf('finetune', 'whole', network, teacher, { ...base, ...own });
  const step = stepGraph(network, {
    parameters: trainableParameters(network, 0),
    optimizer: sgd({ momentum: 0, nesterov: false }),
    objective: (write) => lesson.objective(write),
  });
  const guide = await Teacher.open(teacher, lesson.asked, 1);
  const session = await TrainingSession.open(step, network.initializers, 1);
  try {
    return await session.lossOn(await feeder('input', lesson, guide)(seen));
  } finally {
    await session.close();
    await guide.close();
  }
}

async function valuesOf(graph: Graph, names: readonly string[]): Promise<Map<string, Float32Array>> {
  const outputs = names.map((name) => makeValue(name, 'float32', []));
  const session = await calculator.open(encodeModel({ ...graph, outputs }, { openOutputs: true }), { threads: 1 });
  const found = await session.run({ input: { type: 'float32', shape: images.shape, data: pixels } });
  await session.close();
  return new Map(names.map((name) => [name, (found[name]!.data as Float32Array).slice()]));
}

test('maps are compared behind each block, relative to what the teacher has there', async () => {
  // Where all goes through one value; inside the two sums there is none.
  const blocks = ['stem.relu', 'pool', 'sum', 'mixed', 'tail.relu'];
  const [ours, theirs] = [await valuesOf(student, blocks), await valuesOf(teacher, blocks)];
  const distances = blocks.map((name) => {
    const [own, wanted] = [ours.get(name)!, theirs.get(name)!];
    const power = wanted.reduce((sum, value) => sum + value ** 2, 0);
    return own.reduce((sum, value, at) => sum + (value - wanted[at]!) ** 2, 0) / power;
  });
  // Of points behind the same layer the last counts: not what the pool takes, but what it gives.
  const counted = distances.slice(1);
  const mean = counted.reduce((a, b) => a + b, 0) / counted.length;
  const compared = lessonOf('finetune', 'whole', student, teacher, { ...base, blockWeight: 1 });
  expect(compared.comparedBlocks).toBe(counted.length);
  expect((await lossOf({ blockWeight: 3 })) - (await lossOf({}))).toBeCloseTo(3 * mean, 4);
});

test('maps are found where values have other names', async () => {
  const renamed = { ...student, nodes: student.nodes.map((node) => ({ ...node })) };
  shortenValueNames(renamed);
  expect(renamed.nodes.map(({ outputs }) => outputs)).not.toEqual(student.nodes.map(({ outputs }) => outputs));
  const distance = async (network: Graph): Promise<number> =>
    (await lossOf({ blockWeight: 3 }, images, network)) - (await lossOf({}, images, network));
  expect(await distance(renamed)).toBeCloseTo(await distance(student), 5);
  expect(await distance(student)).toBeGreaterThan(0.1);
});

test('maps of another width, and without a teacher all of them, are left out', () => {
  const thin = withBatch(simplify(wholeNetwork(3)), batch);
  const wider = { ...teacher, initializers: new Map(teacher.initializers) };
  for (const name of ['tail.weight', 'tail.bias', 'hidden.weight']) expect(wider.initializers.has(name)).toBe(true);
  wider.initializers.set('tail.weight', noiseTensor([80, 32, 1, 1], 1));
  wider.initializers.set('tail.bias', noiseTensor([80], 2));
  wider.initializers.set('hidden.weight', noiseTensor([48, 80], 3));
  const blocksOf = (other: Graph | undefined): number =>
    lessonOf('finetune', 'whole', thin, other, { ...base, labelShare: 1, blockWeight: 1 }).comparedBlocks;
  expect([blocksOf(teacher), blocksOf(wider), blocksOf(undefined)]).toEqual([4, 3, 0]);
});

test('mixed images count for the classes of both, by their shares', async () => {
  const other = Int32Array.of(0, 1, -1, 7);
  const told = (own: Int32Array, mixed?: TrainingBatch['mixed']): Promise<number> =>
    lossOf({ labelShare: 1, mixup: 0.5 }, { ...images, labels: own, ...(mixed && { mixed }) });
  const [first, second] = [await told(labels), await told(other)];
  const whole = await lossOf({ labelShare: 1 });
  expect(first).toBeCloseTo(whole, 5);
  expect(await told(labels, { labels: other, share: 0.3 })).toBeCloseTo(0.3 * first + 0.7 * second, 5);
});
