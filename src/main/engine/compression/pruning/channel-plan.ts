import { latencyTable } from '../latency/layer-latency';
import { findChannelGroups, type ChannelGroups } from '../../onnx/channel-groups';
import type { Graph, Node } from '../../onnx/graph';
import type { TechniqueContext } from '../calibration/technique-context';
import { allocateByLoss, allocateUniformly, type RemovalSequence } from './channel-allocation';
import { channelClusters, type ChannelCluster } from './channel-clusters';
import { arithmeticCost, ChannelCosts, type LayerCost } from './channel-costs';
import { lossSequences } from './channel-losses';
import { rateByWeights, sequencesOfScores, type WeightImportance } from './channel-scores';
import { weightLayers } from '../layers/weight-layers';

export interface Keep {
  unit: 'macs' | 'params' | 'latency';
  /** Of the whole network. */
  fraction: number;
}

export interface PlanOptions {
  id: string;
  context: TechniqueContext;
  /** The network before anything was removed, of which `keep` is a fraction; the same nodes. */
  whole: Graph;
  wholeGroups: ChannelGroups;
  keep: Keep;
  importance: WeightImportance | 'activation' | 'random';
  allocation: 'global' | 'uniform' | 'latency';
  roundTo: number;
  images: number;
  /** Names of layers whose outputs all stay. */
  protect: ReadonlySet<string>;
}

export interface RemovalPlan {
  groups: ChannelGroups;
  removed: Set<number>;
  /** Says by how much the fraction was missed, where it was. */
  shortfall?: string;
}

/** Chooses the channels to remove from a network, so that a fraction of the whole one's cost stays. */
export async function planRemoval(graph: Graph, options: PlanOptions): Promise<RemovalPlan> {
  const { context, keep, allocation, importance, roundTo, wholeGroups, protect } = options;
  const groups = findChannelGroups(graph);
  const kept = new Set(
    groups.axes.flatMap(({ node, role, groups: all }) =>
      role === 'produces' && protect.has(node.name) ? [...all] : [],
    ),
  );
  const costs = await costModels(graph, options);
  const budget = (): ChannelCosts => new ChannelCosts(groups, costs.own(keep.unit));
  const ranking = (): ChannelCosts =>
    new ChannelCosts(groups, costs.own(allocation === 'latency' ? 'latency' : keep.unit));
  const target = keep.fraction * new ChannelCosts(wholeGroups, costs.whole(keep.unit)).full;
  const clusters = channelClusters(groups, kept);
  const sequences =
    importance === 'activation'
      ? await lossSequences(graph, clusters, { ...options, groupCount: groups.count, costs: ranking() })
      : sequencesOfScores(clusters, scoresOf(graph, groups, importance, context), roundTo);
  const removed =
    allocation === 'uniform'
      ? allocateUniformly(sequences, budget, target)
      : allocateByLoss(sequences, ...sharedCosts(ranking, budget, allocation, keep), target);
  return { groups, removed, ...shortfallOf(budget(), removed, target, keep, clusters, sequences) };
}

/** One object where both are the same thing. */
function sharedCosts(
  ranking: () => ChannelCosts,
  budget: () => ChannelCosts,
  allocation: PlanOptions['allocation'],
  { unit }: Keep,
): [ChannelCosts, ChannelCosts] {
  const own = budget();
  return [allocation === 'latency' && unit !== 'latency' ? ranking() : own, own];
}

function scoresOf(
  graph: Graph,
  groups: ChannelGroups,
  importance: WeightImportance | 'random',
  { rng }: TechniqueContext,
): Float64Array {
  if (importance === 'random') return Float64Array.from({ length: groups.count }, () => rng());
  return rateByWeights(groups, weightLayers(graph), importance);
}

async function costModels(graph: Graph, { keep, allocation, context, whole }: PlanOptions) {
  const isTimed = keep.unit === 'latency' || allocation === 'latency';
  const table = isTimed ? await latencyTable(whole, context) : undefined;
  const milliseconds: LayerCost = (node: Node, inputs, outputs) =>
    table!.milliseconds(node.outputs[0]!, inputs, outputs);
  const of = (network: Graph) => (unit: Keep['unit']) =>
    unit === 'latency' ? milliseconds : arithmeticCost(network, unit);
  return { own: of(graph), whole: of(whole) };
}

function shortfallOf(
  costs: ChannelCosts,
  removed: ReadonlySet<number>,
  target: number,
  keep: Keep,
  clusters: readonly ChannelCluster[],
  sequences: readonly RemovalSequence[],
): Pick<RemovalPlan, 'shortfall'> {
  costs.remove([...removed]);
  if (costs.total <= target * (1 + 1e-9)) return {};
  const percent = (costs.total / (target / keep.fraction)) * 100;
  const left = clusters.length > sequences.length ? ' Channels read by layers of unknown shape stay.' : '';
  return {
    shortfall: `Only ${percent.toFixed(1)} % of ${keep.unit} could be reached: no more channels may go.${left}`,
  };
}
