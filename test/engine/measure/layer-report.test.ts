import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LayerReport } from '@shared/layers';
import type { Images } from '../../../src/main/engine/dataset/image-batches';
import { layerNodes } from '../../../src/main/engine/measure/layers/layer-facts';
import { layerReport } from '../../../src/main/engine/measure/layers/layer-report';
import { layerFinder } from '../../../src/main/engine/measure/layers/layer-times';
import { copyGraph, type Graph, type Tensor } from '../../../src/main/engine/onnx/graph';
import { float32Tensor } from '../../../src/main/engine/onnx/make';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { ort } from '../../../src/main/engine/runtimes/ort';
import { findTechnique } from '../../../src/main/engine/techniques/registry';
import { parseParams } from '../../../src/main/engine/techniques/parse-params';
import { temporaryFolder } from '../store/temporary-folder';
import { cardFor, contextFor, images, mixedNetwork, NetworkBuilder, side } from '../techniques/small-networks';

const count = 6;
const pictures: Images<'calibration'> = {
  split: 'calibration',
  count,
  problems: [],
  async *batches(size) {
    const data = images(count);
    for (let at = 0; at < count; at += size) {
      const taken = Math.min(size, count - at);
      const batch = data.slice(at * 3 * side * side, (at + taken) * 3 * side * side);
      yield { data: batch, shape: [taken, 3, side, side], entries: [] };
      await Promise.resolve();
    }
  },
};

async function compare(original: Graph, candidate: Graph, withImages = true): Promise<LayerReport> {
  const folder = temporaryFolder();
  const [originalPath, candidatePath] = [join(folder, 'original.onnx'), join(folder, 'candidate.onnx')];
  writeFileSync(originalPath, encodeModel(original));
  writeFileSync(candidatePath, encodeModel(candidate));
  return layerReport({
    originalPath,
    referencePath: originalPath,
    candidatePath,
    card: cardFor(original),
    images: withImages ? pictures : undefined,
    threads: 1,
    progress: () => undefined,
    signal: new AbortController().signal,
  });
}

function chain(): Graph {
  const net = new NetworkBuilder(3);
  const first = net.node('Relu', [net.conv('input', 'first', 3, 8, 3)], 'first.relu');
  const second = net.node('Relu', [net.conv(first, 'second', 8, 12, 3)], 'second.relu');
  return net.head(second, 12, 10);
}

/** Rows (axis 0) or columns (axis 1) of a tensor that stay. */
function keep({ shape, data }: Tensor, axis: 0 | 1, kept: readonly number[]): Tensor {
  const [rows, columns = 1] = shape as [number, number?];
  const rest = shape.slice(2).reduce((product, size) => product * size, 1);
  const chosen = axis === 0 ? kept : Array.from({ length: rows }, (_, row) => row);
  const across = axis === 1 ? kept : Array.from({ length: columns }, (_, column) => column);
  const values = chosen.flatMap((row) =>
    across.flatMap((column) => [
      ...(data.slice((row * columns + column) * rest, (row * columns + column + 1) * rest) as Float32Array),
    ]),
  );
  return float32Tensor(
    shape.length === 1 ? [chosen.length] : [chosen.length, across.length, ...shape.slice(2)],
    values,
  );
}

const row = (report: LayerReport, name: string) => report.layers.find((layer) => layer.name === name)!;

describe('a network without some of its channels', () => {
  it('has the same outputs in those that are left, and another where they were read', async () => {
    const original = chain();
    const slim = copyGraph(original);
    const kept = [0, 1, 3, 4, 6, 8, 9, 11];
    for (const [name, axis] of [
      ['second.weight', 0],
      ['second.bias', 0],
      ['fc.weight', 1],
    ] as const) {
      slim.initializers.set(name, keep(original.initializers.get(name)!, axis, kept));
    }
    const report = await compare(original, slim);
    expect(report.images).toBe(count);
    expect(report.layers.map(({ name }) => name)).toEqual(['first', 'second', 'logits']);
    expect(row(report, 'first').error).toBeLessThan(1e-12);
    expect(row(report, 'second').error).toBeLessThan(1e-12);
    expect(row(report, 'logits').error).toBeGreaterThan(1e-3);
    expect(row(report, 'second').before).toMatchObject({
      inputChannels: 8,
      outputChannels: 12,
      macs: 12 * 8 * 9 * 144,
      bytes: 4 * (12 * 8 * 9 + 12),
    });
    expect(row(report, 'second').after).toMatchObject({ inputChannels: 8, outputChannels: 8, macs: 8 * 8 * 9 * 144 });
    expect(row(report, 'logits').after).toMatchObject({ op: 'Gemm', inputChannels: 8, outputChannels: 10, macs: 80 });
  });
});

describe('times', () => {
  it('of layers and of what is between them are shares of a whole', async () => {
    const { layers, rest, images: used } = await compare(mixedNetwork(), mixedNetwork(), false);
    expect(used).toBe(0);
    expect(layers.every((layer) => layer.error === undefined)).toBe(true);
    for (const time of ['before', 'after'] as const) {
      const sum = layers.reduce((total, layer) => total + layer[time]!.latencyShare, rest[time].share);
      expect(sum).toBeCloseTo(1, 9);
      expect(layers.every((layer) => layer[time]!.milliseconds >= 0)).toBe(true);
    }
  });

  it.each(['none', 'quantize.static', 'quantize.integer', 'quantize.dynamic', 'fp16'])(
    'find the layer of every kernel of the runtime after %s',
    async (id) => {
      const graph = mixedNetwork();
      const technique = id === 'none' ? undefined : findTechnique(id);
      const result = technique
        ? await technique.apply(graph, parseParams(technique, {}), {
            ...contextFor(cardFor(graph)),
            reference: () => Promise.resolve(graph),
          })
        : graph;
      const session = await ort.open(encodeModel(result), { threads: 1, profile: true });
      const [name] = session.inputNames;
      const { type } = session.inputs[name!]!;
      const data = type === 'uint8' ? new Uint8Array(3 * side * side).fill(7) : images(1);
      await session.run({ [name!]: { type: type as 'float32', shape: [1, 3, side, side], data } });
      const find = layerFinder(result);
      const kernels = (await session.operatorTimes()).filter(({ op }) => /Conv|Gemm|MatMul/.test(op));
      await session.close();
      const found = kernels.map((kernel) => find(kernel.name));
      expect(new Set(found)).toEqual(new Set(layerNodes(result)));
    },
  );
});

it.each(['quantize.static', 'quantize.dynamic', 'fp16'])('%s keeps the outputs of layers near', async (id) => {
  const graph = mixedNetwork();
  const technique = findTechnique(id);
  const report = await compare(
    graph,
    await technique.apply(graph, parseParams(technique, {}), {
      ...contextFor(cardFor(graph)),
      reference: () => Promise.resolve(graph),
    }),
  );
  for (const layer of report.layers) expect(layer.error, layer.name).toBeLessThan(0.05);
  const stored = (side: 'before' | 'after'): number =>
    report.layers.reduce((sum, layer) => sum + layer[side]!.bytes, 0);
  expect(stored('after')).toBeLessThan(stored('before'));
});
