import { AppError } from '@shared/errors';
import type { Graph, Node } from '../../onnx/graph';
import { calculator } from '../calculator';
import type { TechniqueContext } from '../calibration/technique-context';
import { channelCounts, interpolate, type LatencyGrid } from './latency-grid';
import { layerShapes, type LayerShape } from './layer-shape';
import { LayerBench } from './layer-bench';
import { machineFacts } from '../../machine/machine';

/** Part of the cache key: raise it when the same layer would be measured differently. */
const tableVersion = 1;
const parts = 8;

/** What every layer of a network costs on this machine, for any number of channels. */
export interface LatencyTable {
  /** Channels that cost as much as one: kernels compute whole blocks. Rounding to its multiples loses nothing. */
  readonly block: number;
  /** Milliseconds of all layers with the channels they have; what is between layers (pooling, sums of their own) is not in it. */
  total(): number;
  /**
   * Milliseconds of one layer at batch 1 on one thread, with what the runtime fuses into it. Of a depthwise or grouped layer, outputs
   * decide and inputs follow.
   * @param layer a node of the graph, of a copy of it, or the name of the value it gives. 0 for what is no layer.
   */
  milliseconds(layer: Node | string, inputChannels: number, outputChannels: number): number;
  /** Milliseconds of a layer with the channels it has. */
  current(layer: Node | string): number;
  /** Whether the table holds the layer. */
  has(layer: Node | string): boolean;
}

/** Everything a grid depends on but the machine: what differs only in names is measured once. */
const signatureOf = (shape: LayerShape): string => JSON.stringify(shape);

/** Channels a kernel computes at once: the blocked layout of ONNX Runtime, 16 floats with AVX-512 and 8 elsewhere. */
const channelBlock = (isa: readonly string[]): number => (isa.some((name) => /avx512/i.test(name)) ? 16 : 8);

/**
 * Measures the layers of a float network for a grid of channel counts with the runtime it will be deployed on, one thread, batch 1, random
 * weights. Distinct shapes are measured once and kept for later recipes on this machine. It belongs to `measure/` because it is a fact of
 * the machine; techniques may use it.
 *
 * Each point is the runtime's own time of the layer's kernel. All points of a shape run one after the other in each round, so that
 * drifts hit them alike, and shapes are gone through several times; the lowest of the passes counts, for a busy machine only adds.
 * Throws `cancelled` once the signal fires.
 */
export async function latencyTable(graph: Graph, context: Context): Promise<LatencyTable> {
  const machine = await machineFacts();
  const block = channelBlock(machine.isa);
  const shapes = layerShapes(graph);
  const distinct = new Map([...shapes.values()].map((shape) => [signatureOf(shape), shape]));
  const grids = await measuredGrids(distinct, block, [machine.id, calculator.version()], context);
  const find = (layer: Node | string): { shape: LayerShape; grid: LatencyGrid } | undefined => {
    const shape = shapes.get(typeof layer === 'string' ? layer : layer.outputs[0]!);
    return shape && { shape, grid: grids.get(signatureOf(shape))! };
  };
  const table: LatencyTable = {
    block,
    has: (layer) => find(layer) !== undefined,
    milliseconds(layer, inputChannels, outputChannels) {
      const found = find(layer);
      if (!found) return 0;
      // The grid of a grouped layer has one row: its inputs follow its outputs.
      const inputs = found.shape.groups > 1 ? found.shape.inputChannels : inputChannels;
      return interpolate(found.grid, inputs, outputChannels);
    },
    current(layer) {
      const found = find(layer);
      return found ? table.milliseconds(layer, found.shape.inputChannels, found.shape.outputChannels) : 0;
    },
    total: () => [...shapes.keys()].reduce((sum, layer) => sum + table.current(layer), 0),
  };
  return table;
}

const passes = 3;

type Context = Pick<TechniqueContext, 'cached' | 'progress' | 'signal'>;

async function measuredGrids(
  shapes: ReadonlyMap<string, LayerShape>,
  block: number,
  scope: readonly string[],
  { cached, progress, signal }: Context,
): Promise<Map<string, LatencyGrid>> {
  const keyOf = (signature: string): unknown => ['layer-latency', tableVersion, ...scope, block, signature];
  const grids = new Map<string, LatencyGrid>();
  const benches = new Map<string, LayerBench>();
  for (const [signature, shape] of shapes) {
    const known = await cached.peek<LatencyGrid>(keyOf(signature));
    if (known) grids.set(signature, known);
    else benches.set(signature, new LayerBench(shape, axesOf(shape, block)));
  }
  let done = 0;
  for (let pass = 0; pass < passes; pass++) {
    for (const bench of benches.values()) {
      if (signal.aborted) throw new AppError('cancelled');
      progress('measuring layers', done++, passes * benches.size);
      await bench.run(signal);
    }
  }
  for (const [signature, bench] of benches) {
    grids.set(signature, await cached(keyOf(signature), () => Promise.resolve({ block, ...bench.result() })));
  }
  return grids;
}

function axesOf(shape: LayerShape, block: number): { inputs: number[]; outputs: number[] } {
  const { inputChannels, outputChannels, groups } = shape;
  const outputs = channelCounts(outputChannels, block, parts);
  return { inputs: groups > 1 ? [inputChannels] : channelCounts(inputChannels, block, parts), outputs };
}
