import { singleBatch } from '../../onnx/classifier';
import { countMacs, macsByNode } from '../../onnx/count';
import type { Graph, Node, Tensor } from '../../onnx/graph';
import { float32Tensor } from '../../onnx/make';
import { inferShapes } from '../../onnx/shapes';
import { splitLayer, type LayerSplit } from '../../onnx/split-layer';
import type { TechniqueContext } from '../calibration/technique-context';
import {
  lowRankFactors,
  outputComponents,
  outputEnergies,
  spatialFactors,
  verticalGram,
  verticalMatrix,
} from './low-rank';
import type { Matrix, MatrixProducts } from '../algebra/matrix-products';
import { allocateLoss, allocateMacs, type LayerOption } from './rank-allocation';
import { reconstructLayers, visitProblems, type LayerProblem } from '../reconstruction/second-order';
import { transposeMatrix } from '../algebra/transpose-matrix';
import type { WeightLayer } from '../layers/weight-layers';
import { weightRows } from '../layers/weight-rows';

/** Images from which ranks are chosen: spectra settle sooner than weights. */
const planningImages = 64;

export interface FactorizationOptions {
  budget: 'macs' | 'energy';
  /** Fraction of the network's MACs, or of each layer's output energy. */
  keep: number;
  split: 'best' | 'channel' | 'spatial';
  /** Ranks are multiples of this. */
  roundTo: number;
  /** Calibration images the factors are fitted to. */
  images: number;
}

interface RankOption extends LayerOption {
  kind: LayerSplit['kind'] | 'whole';
  rank: number;
}

/** A layer that was split, for people. */
export interface SplitLayer {
  name: string;
  kind: LayerSplit['kind'];
  rank: number;
  /** Rank of a layer that loses nothing. */
  fullRank: number;
}

interface LayerCost {
  macs: number;
  /** Width of the input over that of the output: what the vertical half of a spatial split computes more. */
  widening: number;
}

function layerCosts(graph: Graph): Map<Node, LayerCost> {
  const shapes = inferShapes(graph, singleBatch(graph));
  const width = (value: string): number => Number(shapes.get(value)?.shape[3] ?? NaN);
  return new Map(
    [...macsByNode(graph)].map(([node, macs]) => [
      node,
      { macs, widening: width(node.inputs[0]!) / width(node.outputs[0]!) },
    ]),
  );
}

/** The loss at each rank, from the energies of the components. */
function losses(energies: Float64Array): Float64Array {
  const result = new Float64Array(energies.length + 1);
  for (let rank = energies.length - 1; rank >= 0; rank--) result[rank] = result[rank + 1]! + energies[rank]!;
  const total = result[0]!;
  return total > 0 ? result.map((loss) => loss / total) : result;
}

/** Kernel height and width, where a spatial split makes sense. */
function kernelOf({ node, weight }: WeightLayer): readonly [number, number] | undefined {
  const [height = 1, width = 1] = weight.shape.slice(2);
  return node.op === 'Conv' && weight.shape.length === 4 && height > 1 && width > 1 ? [height, width] : undefined;
}

/** What can be done with a layer, the layer as it is included. */
async function optionsOf(
  { layer, rows, groups, products }: LayerProblem,
  { macs, widening }: LayerCost,
  { split, roundTo }: FactorizationOptions,
): Promise<RankOption[]> {
  const { target, gram } = groups[0]!;
  const options: RankOption[] = [{ kind: 'whole', rank: Math.min(rows.rows, rows.columns), macs, loss: 0 }];
  const perWeight = macs / (rows.rows * rows.columns);
  const add = (kind: LayerSplit['kind'], energies: Float64Array, macsPerRank: number): void => {
    const loss = losses(energies);
    for (let rank = roundTo; rank < loss.length && rank * macsPerRank < macs; rank += roundTo)
      options.push({ kind, rank, macs: rank * macsPerRank, loss: loss[rank]! });
  };
  const kernel = kernelOf(layer);
  const macsPerRank = perWeight * (rows.rows + rows.columns);
  if ((split !== 'spatial' || !kernel) && roundTo * macsPerRank < macs)
    add(layer.node.op === 'Conv' ? 'channel' : 'matrix', await outputEnergies(target, gram, products), macsPerRank);
  if (split !== 'channel' && kernel && widening > 0) {
    const [height, width] = kernel;
    const inputs = rows.columns / (height * width);
    const energies = await outputEnergies(verticalMatrix(target, width), verticalGram(gram, width), products);
    add('spatial', energies, perWeight * (inputs * height * widening + rows.rows * width));
  }
  return options;
}

/** The option of each layer that can be split, by the name of its weights. */
async function chooseRanks(
  graph: Graph,
  layers: readonly WeightLayer[],
  options: FactorizationOptions,
  { id, context }: { id: string; context: TechniqueContext },
): Promise<Map<string, RankOption>> {
  const costs = layerCosts(graph);
  const names: string[] = [];
  const choices: RankOption[][] = [];
  await visitProblems(
    graph,
    layers,
    async (problem) => {
      names.push(problem.layer.weightName);
      choices.push(await optionsOf(problem, costs.get(problem.layer.node)!, options));
    },
    { id, images: Math.min(planningImages, options.images), context },
  );
  // The product of the energies kept is to be largest (Zhang et al. 2015, section 3.3).
  const priced = choices.map((all) => all.map((option) => ({ ...option, loss: -Math.log1p(-option.loss) })));
  const chosen =
    options.budget === 'macs'
      ? allocateMacs(priced, (1 - options.keep) * countMacs(graph))
      : allocateLoss(priced, -Math.log(options.keep));
  return new Map(names.map((name, at) => [name, chosen[at]!]));
}

interface Made {
  split: LayerSplit;
  merged: Matrix;
}

async function factor(
  { layer, rows, groups }: LayerProblem,
  { kind, rank }: RankOption,
  products: MatrixProducts,
): Promise<Made> {
  const { target, gram } = groups[0]!;
  const [inputs = 1, ...kernel] = layer.weight.shape.slice(1);
  if (kind === 'spatial') {
    const [height, width] = kernelOf(layer)!;
    const { left, right, merged } = await spatialFactors(target, gram, rank, width, products);
    const first = float32Tensor([rank, inputs, height, 1], right.data);
    return { split: { kind, first, second: float32Tensor([rows.rows, rank, 1, width], left.data) }, merged };
  }
  const components = await outputComponents(target, gram, products);
  const { left, right } = await lowRankFactors(target, components, rank, products);
  const merged = await products.times(left, right);
  if (kind === 'channel') {
    const first = float32Tensor([rank, inputs, ...kernel], right.data);
    const second = float32Tensor([rows.rows, rank, ...kernel.map(() => 1)], left.data);
    return { split: { kind, first, second }, merged };
  }
  const asStored = ({ rows: count, columns, data }: Matrix): Tensor => {
    const tensor = float32Tensor([count, columns], data);
    return rows.isTransposed ? transposeMatrix(tensor) : tensor;
  };
  return { split: { kind: 'matrix', first: asStored(right), second: asStored(left) }, merged };
}

/**
 * The graph with layers split in two where that saves enough. Ranks are chosen for the whole network on the spectra of the layers' outputs; then each
 * layer is factored on the inputs it gets from the layers already split, towards its output in the network before (reduced-rank regression), and
 * biases make up for the means.
 * @param layers candidates: convolutions without groups and matrix products.
 */
export async function factorizeLayers(
  graph: Graph,
  layers: readonly WeightLayer[],
  options: FactorizationOptions,
  { id, context }: { id: string; context: TechniqueContext },
): Promise<{ graph: Graph; splits: SplitLayer[] }> {
  const ranks = await chooseRanks(graph, layers, options, { id, context });
  const made = new Map<string, Made>();
  const chosen = layers.filter(({ weightName }) => (ranks.get(weightName)?.kind ?? 'whole') !== 'whole');
  const { graph: result } = await reconstructLayers(
    graph,
    chosen,
    async (problem) => {
      const { weightName } = problem.layer;
      const factors = await factor(problem, ranks.get(weightName)!, problem.products);
      made.set(weightName, factors);
      return factors.merged.data;
    },
    { id, images: options.images, context },
  );
  const nodes = new Map(graph.nodes.map((node, at) => [node, result.nodes[at]!]));
  const splits = chosen.flatMap((layer): SplitLayer[] => {
    const factors = made.get(layer.weightName);
    if (!factors) return [];
    splitLayer(result, nodes.get(layer.node)!, factors.split);
    const { rank } = ranks.get(layer.weightName)!;
    const { rows, columns } = weightRows(layer);
    const name = layer.node.name || layer.node.outputs[0]!;
    return [{ name, kind: factors.split.kind, rank, fullRank: Math.min(rows, columns) }];
  });
  return { graph: result, splits };
}
