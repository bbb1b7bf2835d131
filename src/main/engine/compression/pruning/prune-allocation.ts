import { copyGraph, type Graph } from '../../onnx/graph';
import type { CalibrationImages, TechniqueContext } from '../calibration/technique-context';
import { layerDamages } from './layer-damage';
import { markSmallest } from '../algebra/magnitude-selection';
import { layerSaliencies, pruneLayer, pruneWideLayer, wideSaliencies } from './prune-layer';
import { restoreSpread } from './row-spread';
import { visitProblems, type LayerProblem, type WideProblem } from '../reconstruction/second-order';
import { addToBias } from '../layers/layer-constants';
import type { WeightLayer } from '../layers/weight-layers';
import { weightOfRows, weightRows, type WeightRows } from '../layers/weight-rows';

const fitImages = 96;
/** At least as many as damages are measured on. */
const heldOutImages = 32;
const probedShare = 0.5;
const probedSteps = 3;
/** What rounding alone may change. */
const leastDamage = 1e-7;

/** A layer that is pruned alone: what each weight is worth, and what becomes of weights and output means. */
interface ProbedLayer {
  saliencies: Float32Array;
  /** Zeros that it was given. */
  zeros: number;
  pruned: Float32Array;
  /** What the outputs lose on average. */
  shifts: Float64Array;
}

/** All but the first images, on which damages are measured; all of them where there are few. */
function imagesToFit(calibration: CalibrationImages): CalibrationImages {
  if (calibration.count < 2 * heldOutImages) return calibration;
  return {
    count: calibration.count - heldOutImages,
    async *batches(size) {
      let seen = 0;
      for await (const batch of calibration.batches(size)) {
        const isHeldOut = seen < heldOutImages && seen + 2 * size <= calibration.count;
        seen += batch.shape[0]!;
        if (!isHeldOut) yield batch;
      }
    },
  };
}

/** Half of the weights that an earlier step left: a probe of what is zero already would cost nothing, and price all others at nothing. */
function zerosToProbe({ data }: Pick<WeightRows, 'data'>): number {
  const zeros = data.reduce((count, value) => count + (value === 0 ? 1 : 0), 0);
  return zeros + Math.round(probedShare * (data.length - zeros));
}

async function probe(problem: LayerProblem): Promise<ProbedLayer> {
  const rows = weightRows(problem.layer);
  const saliencies = await layerSaliencies(problem);
  const zeros = zerosToProbe(rows);
  const pruned = await pruneLayer(problem, { kind: 'unstructured' }, zeros, probedSteps);
  await restoreSpread(problem, pruned);
  return { saliencies, zeros, pruned, shifts: shiftsOf(rows, pruned, problem.means) };
}

function probeWide(problem: WideProblem): ProbedLayer {
  const { rows, means } = problem;
  const zeros = zerosToProbe(rows);
  const saliencies = wideSaliencies(problem);
  const pruned = pruneWideLayer(problem, { kind: 'unstructured' }, zeros, saliencies);
  return { saliencies, zeros, pruned, shifts: shiftsOf(rows, pruned, means) };
}

/** What the outputs lose on average. @param means of the inputs, `[groups, columns]` */
function shiftsOf(
  { rows, columns, groups, data }: WeightRows,
  pruned: Float32Array,
  means: Float64Array,
): Float64Array {
  const shifts = new Float64Array(rows);
  const rowsPerGroup = rows / groups;
  for (let row = 0, index = 0; row < rows; row++) {
    const offset = Math.floor(row / rowsPerGroup) * columns;
    for (let column = 0; column < columns; column++, index++)
      shifts[row]! += (data[index]! - pruned[index]!) * means[offset + column]!;
  }
  return shifts;
}

/** By squared magnitude and without compensation, where the inputs of a layer cannot be gathered. */
function probedByMagnitude(layer: WeightLayer): ProbedLayer {
  const { data, rows } = weightRows(layer);
  const saliencies = data.map((value) => value * value);
  const zeros = zerosToProbe({ data });
  const [mask] = markSmallest([saliencies], zeros);
  const pruned = data.map((value, index) => (mask![index] === 1 ? 0 : value));
  return { saliencies, zeros, pruned, shifts: new Float64Array(rows) };
}

/** Every layer pruned alone in the network as it is. */
async function probeLayers(
  graph: Graph,
  layers: readonly WeightLayer[],
  context: TechniqueContext,
  id: string,
): Promise<ProbedLayer[]> {
  const found = new Map<string, ProbedLayer>();
  await visitProblems(
    graph,
    layers,
    async (problem) => void found.set(problem.layer.weightName, await probe(problem)),
    { id, images: fitImages, context: { ...context, calibration: imagesToFit(context.calibration) } },
    (problem) => Promise.resolve(void found.set(problem.layer.weightName, probeWide(problem))),
  );
  return layers.map((layer) => found.get(layer.weightName) ?? probedByMagnitude(layer));
}

/** The graph with one layer as its probe left it, and its bias moved so that channels keep their means. */
function withProbed(graph: Graph, layer: WeightLayer, { pruned, shifts }: ProbedLayer): Graph {
  const result = copyGraph(graph);
  const rows = weightRows(layer);
  result.initializers.set(layer.weightName, weightOfRows(rows, pruned));
  addToBias(result, result.nodes[graph.nodes.indexOf(layer.node)]!, shifts);
  return result;
}

/**
 * What each further weight of a layer costs, the least salient first. The fewer are left, the less they make up for each other: with a share s
 * gone, a saliency is worth about 1 / (1 - s) of what it was in the whole layer. Up to the probed zeros all cost the damage measured there.
 */
function marginalDamage({ saliencies, zeros }: ProbedLayer, damage: number): Float32Array {
  const { length } = saliencies;
  const marginal = saliencies
    .slice()
    .sort()
    .map((saliency, rank) => saliency / (1 - rank / length));
  const error = marginal.subarray(0, zeros).reduce((sum, value) => sum + value, 0);
  const price = error > 0 ? Math.max(damage, leastDamage) / error : 0;
  return marginal.map((value) => value * price);
}

/**
 * How many weights each layer should lose so that `zeros` go in all and the network's answers change least. Every layer is pruned alone, the
 * way it will be, on some of the calibration images; how much that changes the answers on others prices its saliencies, so that they
 * compare across layers. On the same images a layer with few samples per weight would look cheaper than it is.
 */
export async function allocateZeros(
  graph: Graph,
  layers: readonly WeightLayer[],
  zeros: number,
  context: TechniqueContext,
  id: string,
): Promise<number[]> {
  const probed = await probeLayers(graph, layers, context, id);
  const damages = await layerDamages(
    graph,
    layers.map((layer, at) => ({ node: layer.node, make: () => withProbed(graph, layer, probed[at]!) })),
    ['pruned alone', layers.map(({ weightName }) => weightName), probedShare, probedSteps, fitImages, heldOutImages],
    context,
    id,
  );
  const marginals = probed.map((layer, at) => marginalDamage(layer, damages[at]!));
  const marks = markSmallest(marginals, zeros);
  return marks.map((mark) => mark.reduce((sum, value) => sum + value, 0));
}
