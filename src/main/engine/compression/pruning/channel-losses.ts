import { AppError } from '@shared/errors';
import type { ChannelAxis } from '../../onnx/channel-groups';
import { copyGraph, type Graph } from '../../onnx/graph';
import type { TechniqueContext } from '../calibration/technique-context';
import type { RemovalSequence } from './channel-allocation';
import type { ChannelCluster } from './channel-clusters';
import { ChannelElimination } from './channel-elimination';
import type { ChannelCosts } from './channel-costs';
import { eliminationOrder, type Removal } from './elimination-order';
import { addBatch, centreGrams, emptySums, writeGram, type GramSums, type WrittenGram } from '../calibration/gram';
import { inputColumns } from '../calibration/input-columns';
import { gramExtent } from '../calibration/shrunk-gram';
import { networkKey } from '../calibration/network-key';
import { addToBias, biasValues } from '../layers/layer-constants';
import { MatrixProducts, subMatrix, type Matrix } from '../algebra/matrix-products';
import { OutputLoss } from '../reconstruction/output-loss';
import { PairedActivations } from '../calibration/paired-activations';
import { weightLayers } from '../layers/weight-layers';
import { weightOfRows, weightRows, type WeightRows } from '../layers/weight-rows';

export interface LossOptions {
  id: string;
  context: TechniqueContext;
  /** Calibration images for the statistics of layers. */
  images: number;
  roundTo: number;
  groupCount: number;
  costs: ChannelCosts;
}

/** Raise it when the same network and images would give other numbers. */
const sequenceVersion = 2;

/** Images on which the network's answers are compared; the mean over a few dozen ranks layers well. */
const lossImages = 32;
/** Shares of a cluster's channels at which the loss of the network's output is measured. */
const measuredShares = [0.2, 0.45];

interface Reader {
  axis: ChannelAxis;
  rows: WeightRows;
  weightName: string;
  sums: GramSums;
  /** One per group of a convolution. */
  states: ChannelElimination[];
}

/**
 * For each cluster the order in which to remove channels, and what the network's output is expected to lose: the error of the readers'
 * outputs after compensation, turned into a loss by measuring the network with a part of the channels removed. Recipes that ask for the same
 * share the answer.
 * Throws `technique.failed` without images, `cancelled` once the signal fires.
 */
export function lossSequences(
  graph: Graph,
  clusters: readonly ChannelCluster[],
  options: LossOptions,
): Promise<RemovalSequence[]> {
  const { context, images, roundTo, costs } = options;
  const spaces = clusters.map((cluster) =>
    cluster.spaces.map(({ layer, groups }) => [layer, groups.length, savedByOne(costs, groups)]),
  );
  return context.cached(['channel-losses', sequenceVersion, networkKey(graph), images, roundTo, spaces], () =>
    measureSequences(graph, clusters, options),
  );
}

async function measureSequences(
  graph: Graph,
  clusters: readonly ChannelCluster[],
  options: LossOptions,
): Promise<RemovalSequence[]> {
  const { context, id, images } = options;
  const loss = await OutputLoss.of(graph, lossImages, context, id);
  const gather = gatherer(graph, Math.min(images, context.calibration.count), options);
  const order = new Map(graph.nodes.map((node, at) => [node, at]));
  const last = (cluster: ChannelCluster): number => order.get(cluster.readers.at(-1)!.node)!;
  const wanted = clusters
    .flatMap((cluster) => cluster.readers.map((axis) => ({ axis, cluster })))
    .sort((a, b) => order.get(a.axis.node)! - order.get(b.axis.node)!);
  const gathered = new Map<ChannelAxis, Reader | undefined>();
  const sequences = new Map<ChannelCluster, RemovalSequence>();
  const products = await MatrixProducts.open(context.threads);
  try {
    for (const [at, { axis, cluster }] of wanted.entries()) {
      if (context.signal.aborted) throw new AppError('cancelled');
      context.progress('rating channels', at, wanted.length);
      gathered.set(axis, await gather(axis, products));
      if (order.get(axis.node) !== last(cluster)) continue;
      const readers = cluster.readers.flatMap((reader) => gathered.get(reader) ?? []);
      for (const reader of cluster.readers) gathered.delete(reader);
      // A reader whose inputs cannot be gathered: nobody knows what its channels are worth.
      if (readers.length < cluster.readers.length) continue;
      sequences.set(cluster, await sequenceOf(graph, cluster, readers, loss, products, options));
    }
  } finally {
    await products.close();
  }
  return clusters.flatMap((cluster) => sequences.get(cluster) ?? []);
}

/** What the removal of one channel of a space saves. */
function savedByOne(costs: ChannelCosts, groups: readonly number[]): number {
  return Math.max(costs.saved([groups[0]!]), Number.MIN_VALUE);
}

function gatherer(graph: Graph, limit: number, { context, id }: LossOptions) {
  const inputsOf = inputColumns(graph);
  const layers = new Map(weightLayers(graph).map((layer) => [layer.node, layer]));
  const activations = new PairedActivations(graph, graph, limit, context, id);
  return async (axis: ChannelAxis, products: MatrixProducts): Promise<Reader | undefined> => {
    const layer = layers.get(axis.node);
    const probe = layer && inputsOf(axis.node, layer.weight.shape, activations.imagesFor(axis.node));
    if (!probe || gramExtent(probe) === 'diagonal') return undefined;
    const sums = emptySums(probe);
    let written: WrittenGram | undefined;
    await activations.observe(
      axis.node,
      (section) => (written = writeGram(section, probe, axis.node.inputs[0]!)),
      (results) => addBatch(sums, written!, results),
    );
    const rows = weightRows(layer);
    if (biasValues(graph, axis.node, rows.rows)) centreGrams(sums);
    const kernel = rows.columns / axis.groups.length;
    const channelOf = Int32Array.from(
      { length: rows.columns },
      (_, column) => axis.groups[Math.floor(column / kernel)]!,
    );
    const perGroup = rows.rows / rows.groups;
    const states: ChannelElimination[] = [];
    for (const [group, gram] of sums.grams.entries()) {
      const part = subMatrix(rows, group * perGroup, (group + 1) * perGroup, 0, rows.columns);
      states.push(await ChannelElimination.start(part, gram, sums.count, channelOf, products));
    }
    sums.grams.length = 0;
    return { axis, rows, weightName: layer.weightName, sums, states };
  };
}

async function sequenceOf(
  graph: Graph,
  cluster: ChannelCluster,
  readers: readonly Reader[],
  loss: OutputLoss,
  products: MatrixProducts,
  { roundTo, groupCount, costs }: LossOptions,
): Promise<RemovalSequence> {
  const saved = cluster.spaces.map(({ groups }) => savedByOne(costs, groups));
  const states = readers.flatMap((reader) => reader.states);
  const measured: number[] = [];
  const shares = [...measuredShares];
  const counts: number[] = [];
  let visits = 0;
  const removals = await eliminationOrder(
    cluster,
    states,
    { roundTo, costOf: (space) => saved[space]!, groupCount },
    products,
    async (removed, total) => {
      visits++;
      if (shares.length === 0 || removed < shares[0]! * total) return;
      while (shares.length > 0 && removed >= shares[0]! * total) shares.shift();
      measured.push(await loss.measure(compensated(graph, readers), cluster.readers[0]!.node));
      counts.push(visits);
    },
  );
  const points = counts.map((count, at) => ({ damage: removals[count - 1]!.damage, loss: measured[at]! }));
  return {
    steps: removals.map(({ space, groups, damage }: Removal) => ({
      space: cluster.spaces[space]!.layer,
      groups,
      loss: expectedLoss(damage, points),
    })),
  };
}

/** Straight lines from nothing lost through the points measured, never falling; the last line goes on. */
function expectedLoss(damage: number, points: readonly { damage: number; loss: number }[]): number {
  let [from, to] = [
    { damage: 0, loss: 0 },
    { damage: 1, loss: 1 },
  ];
  let isFirst = true;
  for (const point of points) {
    if (!isFirst && damage <= to.damage) break;
    const next = { damage: point.damage, loss: Math.max(point.loss, isFirst ? 0 : to.loss) };
    from = isFirst ? from : to;
    to = next;
    isFirst = false;
  }
  const slope = (to.loss - from.loss) / Math.max(to.damage - from.damage, Number.MIN_VALUE);
  return from.loss + Math.max(0, slope) * (damage - from.damage);
}

/** The network with the readers' weights as they are now, and biases that make up for the means of what is gone. */
function compensated(graph: Graph, readers: readonly Reader[]): Graph {
  const result = copyGraph(graph);
  const copies = new Map(graph.nodes.map((node, at) => [node, result.nodes[at]!]));
  for (const { axis, rows, weightName, sums, states } of readers) {
    const data = new Float32Array(rows.data.length);
    const perGroup = rows.rows / rows.groups;
    const shift = new Float64Array(rows.rows);
    states.forEach((state, group) => {
      const current: Matrix = state.currentWeights();
      data.set(current.data, group * perGroup * rows.columns);
      for (let row = group * perGroup; row < (group + 1) * perGroup; row++)
        for (let column = 0; column < rows.columns; column++)
          shift[row]! +=
            ((rows.data[row * rows.columns + column]! - data[row * rows.columns + column]!) *
              sums.sums[group * rows.columns + column]!) /
            sums.count;
    });
    const node = copies.get(axis.node)!;
    // Shared weights stay with the other layers.
    const name = `${weightName}@${node.outputs[0]}`;
    node.inputs[1] = name;
    result.initializers.set(name, weightOfRows(rows, data));
    addToBias(result, node, shift);
  }
  return result;
}
