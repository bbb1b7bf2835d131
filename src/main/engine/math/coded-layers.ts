import type { TechniqueContext } from '../techniques/technique';
import { copyGraph, type Graph } from '../onnx/graph';
import { packedInitializer, type PackedWeights } from './bit-planes';
import { isPruned, type WeightGrid } from './few-bit-grid';
import { FreshNames, shortenValueNames } from './fresh-names';
import type { Quantizer } from './layer-reconstruction';
import { quantizing, reconstructLayers } from './second-order';
import type { WeightLayer } from './weight-layers';
import { weightRows, type WeightRows } from './weight-rows';

/** Calibration images for second-order rounding: more change the result little and take longer. */
const secondOrderImages = 128;

export type GridFor = (rows: WeightRows, importance?: Float32Array) => WeightGrid;

interface CodedLayer {
  layer: WeightLayer;
  rows: WeightRows;
  grid: WeightGrid;
  codes: Uint8Array;
}

export const permutationOf = ({ isTransposed }: WeightRows): Pick<PackedWeights, 'permutation'> =>
  isTransposed ? { permutation: [1, 0] } : {};

function nearestCodes({ data, columns }: WeightRows, grid: WeightGrid): Uint8Array {
  return Uint8Array.from(data, (value, index) => grid.codeOf(Math.floor(index / columns), value));
}

function store(graph: Graph, coded: readonly CodedLayer[]): void {
  const names = new FreshNames(graph);
  for (const { layer, rows, grid, codes } of coded) {
    const { bits, decode, rowsPerGroup, zeroCode } = grid;
    const rowLength = rowsPerGroup * rows.columns;
    const packed: PackedWeights = { codes, bits, shape: rows.shape, rowLength, decode, ...permutationOf(rows) };
    packedInitializer(graph, layer.weightName, zeroCode === undefined ? packed : { ...packed, zeroCode }, names);
  }
}

/**
 * The graph with the weights of `layers` stored as codes. Second-order rounding needs calibration images and moves biases too; layers it
 * cannot take are rounded to the nearest value.
 */
export async function codeLayers(
  graph: Graph,
  layers: readonly WeightLayer[],
  gridFor: GridFor,
  { rounding, id, context }: { rounding: 'nearest' | 'second-order'; id: string; context: TechniqueContext },
): Promise<Graph> {
  const coded = new Map<string, CodedLayer>();
  const begin = (layer: WeightLayer, rows: WeightRows, importance?: Float32Array): CodedLayer => {
    const started = { layer, rows, grid: gridFor(rows, importance), codes: new Uint8Array(rows.data.length) };
    coded.set(layer.weightName, started);
    return started;
  };
  const quantizerFor = (layer: WeightLayer, rows: WeightRows, importance: Float32Array): Quantizer => {
    const original = weightRows(layer);
    const hasZeros = isPruned(original);
    // Targets make up for earlier errors, so they are not zero where the weights are.
    const fitted = hasZeros ? rows.data.map((value, at) => (original.data[at] === 0 ? 0 : value)) : rows.data;
    const { grid, codes } = begin(layer, { ...rows, data: fitted }, importance);
    const zeroCode = hasZeros ? grid.zeroCode : undefined;
    return (row, column, value) => {
      const index = row * rows.columns + column;
      const code = zeroCode !== undefined && original.data[index] === 0 ? zeroCode : grid.codeOf(row, value);
      codes[index] = code;
      return grid.valueOf(row, code);
    };
  };
  let result = copyGraph(graph);
  if (rounding === 'second-order')
    ({ graph: result } = await reconstructLayers(graph, layers, quantizing(quantizerFor), {
      id,
      images: secondOrderImages,
      context,
    }));
  for (const layer of layers) {
    if (coded.has(layer.weightName)) continue;
    const started = begin(layer, weightRows(layer));
    started.codes = nearestCodes(started.rows, started.grid);
  }
  store(result, [...coded.values()]);
  shortenValueNames(result);
  return result;
}
