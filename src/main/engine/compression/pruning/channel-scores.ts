import type { ChannelGroups } from '../../onnx/channel-groups';
import type { RemovalSequence } from './channel-allocation';
import type { ChannelCluster } from './channel-clusters';
import { nextBatch } from './elimination-order';
import type { Matrix } from '../algebra/matrix-products';
import { weightRows } from '../layers/weight-rows';
import type { WeightLayer } from '../layers/weight-layers';

export type WeightImportance = 'l1' | 'l2' | 'geometric-median';

/** Filters of a layer, rated one by one from their weights alone. */
const ratings: Record<WeightImportance, (rows: Matrix) => Float64Array> = {
  l1: (rows) => perRow(rows, (row) => row.reduce((sum, value) => sum + Math.abs(value), 0)),
  l2: (rows) => perRow(rows, (row) => Math.sqrt(row.reduce((sum, value) => sum + value * value, 0))),
  // He et al. 2019, "Filter pruning via geometric median": a filter near the others can be replaced by them.
  'geometric-median': (rows) =>
    perRow(rows, (row) => {
      let sum = 0;
      for (let other = 0; other < rows.rows; other++) sum += distance(row, rowOf(rows, other));
      return sum;
    }),
};

const rowOf = ({ columns, data }: Matrix, row: number): Float32Array =>
  data.subarray(row * columns, (row + 1) * columns);

function perRow(rows: Matrix, rate: (row: Float32Array) => number): Float64Array {
  return Float64Array.from({ length: rows.rows }, (_, row) => rate(rowOf(rows, row)));
}

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index]! - b[index]!) ** 2;
  return Math.sqrt(sum);
}

/** A rating for each group: the sum of its filters' ratings, as shares of the mean in their layer. */
export function rateByWeights(
  groups: ChannelGroups,
  layers: readonly WeightLayer[],
  importance: WeightImportance,
): Float64Array {
  const byNode = new Map(layers.map((layer) => [layer.node, layer]));
  const scores = new Float64Array(groups.count);
  for (const { node, role, groups: outputs } of groups.axes) {
    const layer = role === 'produces' ? byNode.get(node) : undefined;
    if (!layer) continue;
    const rated = ratings[importance](weightRows(layer));
    const mean = rated.reduce((sum, value) => sum + value, 0) / rated.length || 1;
    outputs.forEach((group, row) => (scores[group]! += rated[row]! / mean));
  }
  return scores;
}

/** Channels of each space from the lowest rating up, in batches; what is lost is the sum of ratings, as a share of the space's. */
export function sequencesOfScores(
  clusters: readonly ChannelCluster[],
  scores: Float64Array,
  roundTo: number,
): RemovalSequence[] {
  return clusters
    .flatMap(({ spaces }) => spaces)
    .map(({ groups, layer }) => {
      const order = [...groups].sort((a, b) => scores[a]! - scores[b]! || a - b);
      const mean = order.reduce((sum, group) => sum + scores[group]!, 0) / order.length || 1;
      const steps: RemovalSequence['steps'] = [];
      let loss = 0;
      for (let left = order.length; ;) {
        const batch = nextBatch(left, order.length, roundTo);
        if (batch === 0) return { steps };
        const start = order.length - left;
        const gone = order.slice(start, start + batch);
        loss += gone.reduce((sum, group) => sum + scores[group]! / mean, 0);
        steps.push({ space: layer, groups: gone, loss });
        left -= batch;
      }
    });
}
