import { AppError } from '@shared/errors';
import type { ChannelGroups } from '../../onnx/channel-groups';
import { copyGraph, type Graph, type Node } from '../../onnx/graph';
import { indexGraph } from '../../onnx/graph-index';
import { keptIndices } from '../../onnx/remove-channels';
import type { TechniqueContext } from '../calibration/technique-context';
import { gramExtent } from '../calibration/shrunk-gram';
import { inputColumns } from '../calibration/input-columns';
import type { OtherBranch } from '../calibration/layer-error';
import { layerSums, type ComparedLayer } from '../calibration/layer-sums';
import { addToBias, biasValues } from '../layers/layer-constants';
import { checkedRefit, foldsFor, type LayerRefit } from './checked-refit';
import { MatrixProducts } from '../algebra/matrix-products';
import { PairedActivations } from '../calibration/paired-activations';
import { weightLayers, type WeightLayer } from '../layers/weight-layers';
import { weightOfRows, weightRows } from '../layers/weight-rows';

export interface RefitOptions {
  id: string;
  context: TechniqueContext;
  images: number;
  /** Names of weights that stay as they are; their layers get a new bias only. */
  keptWeights: ReadonlySet<string>;
}

interface Site {
  layer: WeightLayer;
  compared: ComparedLayer;
}

export interface RefittedNetwork {
  graph: Graph;
  /** Layers behind what was removed, and of those the ones that stay as they are: no refit of them held on images it was not fitted to. */
  layers: number;
  kept: string[];
  /** Of those the ones of which the bias alone is fitted, since images could not tell their inputs apart. */
  wide: string[];
}

/** What the person should know of a refit; undefined where every layer gained by it. */
export function refitNote({ layers, kept, wide }: Omit<RefittedNetwork, 'graph'>): string | undefined {
  if (kept.length === 0) return undefined;
  const few = kept.length > 3 ? '' : ` (${kept.join(', ')})`;
  const hope = kept.length > wide.length ? ' More images may.' : '';
  const limit = `has far more inputs than there are images, so that its bias alone is fitted, with some more images too`;
  const others = wide.map((name) => ` ${name} ${limit}.`).join('');
  return `${kept.length} of ${layers} layers behind what was removed stay as they are${few}: refitting them did not help on calibration images held back, or there were too few to hold any back.${hope}${others}`;
}

/** `refitBehind` after channels were removed. @param smaller `graph` without the removed groups */
export async function refitNetwork(
  smaller: Graph,
  graph: Graph,
  groups: ChannelGroups,
  removed: ReadonlySet<number>,
  options: RefitOptions,
): Promise<RefittedNetwork> {
  const outputs = new Map(
    groups.axes
      .filter(({ role, input }) => role === 'produces' || (role === 'follows' && input === 1))
      .map((axis) => [axis.node, keptIndices(axis, removed)]),
  );
  const changed = new Set(
    groups.axes.filter(({ groups: all }) => all.some((group) => removed.has(group))).map(({ node }) => node),
  );
  return refitBehind(smaller, graph, { changed, outputs }, options);
}

/** How a network differs from the whole one, by nodes of the latter. */
export interface NetworkChange {
  /** Nodes that give something else, for whatever reason but what they read. */
  changed: ReadonlySet<Node>;
  /** Which outputs of layers are left; all where nothing is said. */
  outputs?: ReadonlyMap<Node, readonly number[]>;
  /** The layers that may be refitted; all behind a change where nothing is said. */
  layers?: ReadonlySet<Node>;
}

/**
 * Refits what reads changed values, layer after layer in the order of the network, each on the inputs it gets in the network as refitted so
 * far, to what it gave in the whole network (He et al. 2017, "Channel pruning for accelerating very deep neural networks"). A layer whose output is
 * added to another branch that is computed already also makes up for the error of that branch (section 3.3).
 * @param smaller in the same order of nodes as `graph`. Neither is changed.
 */
export async function refitBehind(
  smaller: Graph,
  graph: Graph,
  change: NetworkChange,
  { id, context, images, keptWeights }: RefitOptions,
): Promise<RefittedNetwork> {
  const result = copyGraph(smaller);
  const activations = new PairedActivations(result, graph, Math.min(images, context.calibration.count), context, id);
  const sites = changedLayers(result, graph, change, activations);
  const products = await MatrixProducts.open(context.threads);
  const [kept, wide]: [string[], string[]] = [[], []];
  try {
    for (const [at, site] of sites.entries()) {
      if (context.signal.aborted) throw new AppError('cancelled');
      context.progress('refitting', at, sites.length);
      const { layer, compared } = site;
      const { rows, probe } = compared;
      const extent = gramExtent(probe);
      const folds = foldsFor(probe, activations.imagesFor(layer.node));
      const parts = await layerSums(activations, [result, graph], compared, { extent, parts: folds });
      const bias = biasValues(result, layer.node, rows.rows) !== undefined;
      const freedom = { bias, weights: extent === 'whole' && !keptWeights.has(layer.weightName) };
      const refit = await checkedRefit(parts, freedom, products);
      if (!refit.biasShift && refit.steps.length === 0) {
        const name = layer.node.name || layer.node.outputs[0]!;
        kept.push(name);
        if (extent === 'diagonal') wide.push(name);
      }
      changeLayer(result, site, refit);
    }
  } finally {
    await products.close();
  }
  return { graph: result, layers: sites.length, kept, wide };
}

function changeLayer(result: Graph, { layer, compared: { rows } }: Site, { steps, biasShift }: LayerRefit): void {
  const data = rows.data.slice();
  let from = 0;
  for (const step of steps) for (const value of step.data) data[from++]! += value;
  if (steps.length > 0) result.initializers.set(layer.weightName, weightOfRows(rows, data));
  if (biasShift) addToBias(result, layer.node, biasShift);
}

function changedLayers(result: Graph, graph: Graph, change: NetworkChange, activations: PairedActivations): Site[] {
  const inputsOf = inputColumns(result);
  const own = new Map(weightLayers(result).map((layer) => [layer.node, layer]));
  const whole = new Map(weightLayers(graph).map((layer) => [layer.node, layer]));
  const uses = new Map<string, number>();
  for (const node of result.nodes) for (const name of node.inputs) uses.set(name, (uses.get(name) ?? 0) + 1);
  const values = new Set<string>();
  return graph.nodes.flatMap((node, at): Site[] => {
    const isBehind = node.inputs.some((input) => values.has(input));
    if (!isBehind && !change.changed.has(node)) return [];
    for (const output of node.outputs) values.add(output);
    const layer = own.get(result.nodes[at]!);
    const reference = whole.get(node);
    if (change.layers?.has(node) === false) return [];
    if (!layer || !reference || !isBehind || uses.get(layer.weightName) !== 1) return [];
    const probe = inputsOf(layer.node, layer.weight.shape, activations.imagesFor(layer.node));
    if (!probe) return [];
    const rows = weightRows(layer);
    const compared = {
      layer: layer.node,
      // With inputs as `PairedActivations` names them.
      reference: { ...node, inputs: node.inputs.map(activations.referenceOf) },
      probe,
      rows,
      whole: { node, rows: () => weightRows(reference) },
      channels: change.outputs?.get(node),
      branch: rows.groups === 1 ? otherBranch(graph, node, at, activations) : undefined,
    };
    return [{ layer, compared }];
  });
}

/** The other term of a sum that the layer's output goes into, where it is computed before the layer. */
function otherBranch(
  graph: Graph,
  node: Node,
  position: number,
  { referenceOf }: PairedActivations,
): OtherBranch | undefined {
  const [output] = node.outputs;
  const index = indexGraph(graph);
  const sum = index.soleConsumer(output!);
  const other = sum?.op === 'Add' ? sum.inputs.find((input) => input !== output) : undefined;
  const producer = other === undefined ? undefined : index.producer(other);
  if (!producer || graph.nodes.indexOf(producer) >= position || node.op !== 'Conv') return undefined;
  return { own: other!, reference: referenceOf(other!) };
}
