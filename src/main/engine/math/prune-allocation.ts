import { copyGraph, type Graph } from '../onnx/graph';
import { float32Tensor } from '../onnx/make';
import type { TechniqueContext } from '../techniques/technique';
import { layerDamages } from './layer-damage';
import { markSmallest } from './magnitude-selection';
import { layerSaliencies, type Saliencies } from './prune-layer';
import { reconstructLayers } from './second-order';
import type { WeightLayer } from './weight-layers';
import { weightOfRows, weightRows } from './weight-rows';

const saliencyImages = 64;
const probedShare = 0.5;

const probedMask = ({ alone }: Saliencies): Uint8Array =>
  markSmallest([alone], Math.round(probedShare * alone.length))[0]!;

/** The graph with the least salient weights of one layer zero, and its bias moved so that channels keep their means. */
function prunedAlone(graph: Graph, layer: WeightLayer, salient: Saliencies): Graph {
  const result = copyGraph(graph);
  const rows = weightRows(layer);
  const mask = probedMask(salient);
  const shifts = new Float64Array(rows.rows);
  const rowsPerGroup = rows.rows / rows.groups;
  const data = rows.data.map((value, index) => {
    if (mask[index] === 0) return value;
    const row = Math.floor(index / rows.columns);
    const group = Math.floor(row / rowsPerGroup);
    shifts[row]! += value * salient.means[group * rows.columns + (index % rows.columns)]!;
    return 0;
  });
  result.initializers.set(layer.weightName, weightOfRows(rows, data));
  const name = layer.node.inputs[2] ?? '';
  const bias = graph.initializers.get(name);
  if (bias?.type === 'float32' && bias.data.length === rows.rows) {
    const moved = Float32Array.from(bias.data as Float32Array, (value, row) => value + shifts[row]!);
    result.initializers.set(name, float32Tensor(bias.shape, moved));
  }
  return result;
}

/** Saliencies of every layer in the network as it is; by squared magnitude where its inputs cannot be gathered. */
async function saliencies(
  graph: Graph,
  layers: readonly WeightLayer[],
  context: TechniqueContext,
  id: string,
): Promise<Saliencies[]> {
  const found = new Map<string, Saliencies>();
  await reconstructLayers(
    graph,
    layers,
    async (problem) => {
      found.set(problem.layer.weightName, await layerSaliencies(problem));
      return weightRows(problem.layer).data;
    },
    { id, images: saliencyImages, context },
  );
  return layers.map((layer) => {
    const known = found.get(layer.weightName);
    if (known) return known;
    const { data, columns, groups } = weightRows(layer);
    const squares = data.map((value) => value * value);
    return { alone: squares, compensated: squares, means: new Float64Array(groups * columns) };
  });
}

/**
 * What each further weight of a layer costs, the least salient first. The fewer are left, the less they make up for each other: with a share s
 * gone, a saliency is worth about 1 / (1 - s) of what it was in the whole layer.
 */
function marginalDamage(saliencies: Float32Array, costOfError: number): Float32Array {
  const { length } = saliencies;
  return saliencies
    .slice()
    .sort()
    .map((saliency, rank) => (costOfError * saliency) / (1 - rank / length));
}

/**
 * How many weights each layer should lose so that `zeros` go in all and the network's answers change least. Every layer is pruned alone,
 * without compensation; how much that changes the answers, over how much it changes the layer's output, says what a unit of the layer's
 * output error costs. With that the saliencies of all weights compare: what their loss changes once the layer makes up for it.
 */
export async function allocateZeros(
  graph: Graph,
  layers: readonly WeightLayer[],
  zeros: number,
  context: TechniqueContext,
  id: string,
): Promise<number[]> {
  const salient = await saliencies(graph, layers, context, id);
  const damages = await layerDamages(
    graph,
    layers.map((layer, at) => () => prunedAlone(graph, layer, salient[at]!)),
    ['uncompensated', layers.map(({ weightName }) => weightName), probedShare, saliencyImages],
    context,
    id,
  );
  const marginals = salient.map((each, at) => {
    const mask = probedMask(each);
    const error = each.alone.reduce((sum, score, index) => sum + mask[index]! * score, 0);
    return marginalDamage(each.compensated, error > 0 ? damages[at]! / error : 0);
  });
  const marks = markSmallest(marginals, zeros);
  return marks.map((mark) => mark.reduce((sum, value) => sum + value, 0));
}
