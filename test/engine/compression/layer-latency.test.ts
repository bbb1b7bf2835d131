import { describe, expect, it } from 'vitest';
import { latencyTable } from '../../../src/main/engine/compression/latency/layer-latency';
import { layerShapes } from '../../../src/main/engine/compression/latency/layer-shape';
import { copyGraph, type Graph } from '../../../src/main/engine/onnx/graph';
import { mixedNetwork } from '../techniques/small-networks';

/** A store like that of the worker, which counts what it has to compute. */
function store() {
  const kept = new Map<string, unknown>();
  const missing: string[] = [];
  const cached = async <T>(key: unknown, compute: () => Promise<T>): Promise<T> => {
    const name = JSON.stringify(key);
    if (kept.has(name)) return kept.get(name) as T;
    const result = JSON.parse(JSON.stringify(await compute())) as T;
    missing.push(name);
    kept.set(name, result);
    return result;
  };
  const peek = <T>(key: unknown) => Promise.resolve(kept.get(JSON.stringify(key)) as T | undefined);
  return {
    missing,
    cached: Object.assign(cached, { peek }),
    progress: () => undefined,
    signal: new AbortController().signal,
  };
}

function renamed(graph: Graph): Graph {
  const copy = copyGraph(graph);
  const name = (value: string): string => (value === '' || graph.initializers.has(value) ? value : `${value}!`);
  for (const node of copy.nodes) {
    node.inputs = node.inputs.map(name);
    node.outputs = node.outputs.map(name);
  }
  for (const value of [...copy.inputs, ...copy.outputs]) value.name = name(value.name);
  return copy;
}

describe('the shapes of layers', () => {
  it('hold what the runtime fuses: activations, and a sum in the layer that is computed last', () => {
    const shapes = layerShapes(mixedNetwork());
    expect(shapes.get('stem')).toMatchObject({
      inputChannels: 3,
      outputChannels: 16,
      spatial: [12, 12],
      activation: 'Relu',
    });
    expect(shapes.get('depthwise')).toMatchObject({
      groups: 32,
      spatial: [6, 6],
      activation: 'Clip',
      pads: [0, 0, 2, 2],
    });
    expect(shapes.get('project')).toMatchObject({ addsResidual: true, activation: '' });
    expect(shapes.get('mix')).toMatchObject({ addsResidual: true, activation: 'Relu' });
    expect(shapes.get('logits')).toMatchObject({ op: 'Gemm', inputChannels: 32, outputChannels: 10, spatial: [] });
    expect([...shapes.keys()]).toEqual(['stem', 'expand', 'depthwise', 'project', 'left', 'right', 'mix', 'logits']);
  });
});

describe('the latency table', () => {
  it('has a time for every layer and channel count, and nothing for what is no layer', async () => {
    const graph = mixedNetwork();
    const table = await latencyTable(graph, store());
    const layers = graph.nodes.filter((node) => node.op === 'Conv' || node.op === 'Gemm');
    for (const node of layers) {
      for (const count of [1, 8, 16, 24, 40]) {
        const milliseconds = table.milliseconds(node, count, count);
        expect(milliseconds, `${node.name} at ${count}`).toBeGreaterThan(0);
        expect(milliseconds).toBeLessThan(1000);
      }
      expect(table.current(node)).toBe(table.current(node.outputs[0]!));
    }
    const sum = layers.reduce((total, node) => total + table.current(node), 0);
    expect(table.total()).toBeCloseTo(sum, 9);
    expect(table.has('pooled')).toBe(false);
    expect(table.milliseconds('pooled', 8, 8)).toBe(0);
  });

  it('measures each distinct shape once, whatever its layers are called, and nothing that is known', async () => {
    const context = store();
    const graph = mixedNetwork();
    const first = await latencyTable(graph, context);
    const distinct = new Set([...layerShapes(graph).values()].map((shape) => JSON.stringify(shape)));
    expect(context.missing).toHaveLength(distinct.size);
    const again = await latencyTable(renamed(mixedNetwork(2)), context);
    expect(context.missing).toHaveLength(distinct.size);
    expect(again.milliseconds('mix!', 24, 16)).toBe(first.milliseconds('mix', 24, 16));
  });

  it('stops when it is cancelled', async () => {
    const abort = new AbortController();
    abort.abort();
    await expect(latencyTable(mixedNetwork(), { ...store(), signal: abort.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
