import { AppError } from '@shared/errors';
import { singleBatch } from '../../onnx/classifier';
import type { ChannelGroups } from '../../onnx/channel-groups';
import { copyGraph, type Graph, type Node } from '../../onnx/graph';
import { indexGraph } from '../../onnx/graph-index';
import { keptIndices } from '../../onnx/remove-channels';
import { inferShapes } from '../../onnx/shapes';
import type { TechniqueContext } from '../calibration/technique-context';
import { FreshNames } from '../../onnx/fresh-names';
import { gramProbe } from '../calibration/gram';
import { addToBias, biasValues } from '../layers/layer-constants';
import { leastSquaresRefit, pickRows } from './least-squares-refit';
import { MatrixProducts, subMatrix } from '../algebra/matrix-products';
import { PairedActivations } from '../calibration/paired-activations';
import {
  addRefitBatch,
  centreRefitSums,
  emptyRefitSums,
  writeRefitProbe,
  type OtherBranch,
  type RefitProbe,
  type RefitSums,
  type WrittenRefitProbe,
} from './refit-probe';
import { weightLayers, type WeightLayer } from '../layers/weight-layers';
import { weightOfRows, weightRows, type WeightRows } from '../layers/weight-rows';

export interface RefitOptions {
  id: string;
  context: TechniqueContext;
  images: number;
  /** Names of weights that stay as they are; their layers get a new bias only. */
  keptWeights: ReadonlySet<string>;
}

interface Site {
  /** In the smaller network and in the whole one. */
  layer: WeightLayer;
  reference: WeightLayer;
  rows: WeightRows;
  referenceRows: WeightRows;
  /** Outputs of the reference that are left. */
  outputs: readonly number[];
  probe: RefitProbe;
}

/**
 * Refits what reads changed values, layer after layer in the order of the network, each on the inputs it gets in the network as refitted so
 * far, to what it gave in the whole network. A layer whose output is added to another branch that is computed already also makes up for the
 * error of that branch (He et al. 2017, section 3.3).
 * @param smaller `graph` without the removed groups, in the same order of nodes. Neither is changed.
 * @returns a copy of `smaller` with new weights and biases, and the number of layers refitted.
 */
export async function refitNetwork(
  smaller: Graph,
  graph: Graph,
  groups: ChannelGroups,
  removed: ReadonlySet<number>,
  { id, context, images, keptWeights }: RefitOptions,
): Promise<{ graph: Graph; layers: number }> {
  const result = copyGraph(smaller);
  const activations = new PairedActivations(result, graph, Math.min(images, context.calibration.count), context, id);
  const sites = changedLayers(result, graph, groups, removed, activations);
  const products = await MatrixProducts.open(context.threads);
  try {
    for (const [at, site] of sites.entries()) {
      if (context.signal.aborted) throw new AppError('cancelled');
      context.progress('refitting', at, sites.length);
      const sums = emptyRefitSums(site.probe);
      let written: WrittenRefitProbe | undefined;
      const input = site.reference.node.inputs[0]!;
      await activations.observe(
        site.layer.node,
        (section) => {
          const names = { own: input, reference: activations.referenceOf(input) };
          written = writeRefitProbe(section, site.probe, names, new FreshNames(section));
        },
        (batch) => addRefitBatch(sums, written!, batch),
      );
      await refit(result, site, sums, keptWeights.has(site.layer.weightName), products);
    }
  } finally {
    await products.close();
  }
  return { graph: result, layers: sites.length };
}

function changedLayers(
  result: Graph,
  graph: Graph,
  groups: ChannelGroups,
  removed: ReadonlySet<number>,
  activations: PairedActivations,
): Site[] {
  const shapes = inferShapes(graph, singleBatch(graph));
  const smallerShapes = inferShapes(result, singleBatch(result));
  const own = new Map(weightLayers(result).map((layer) => [layer.node, layer]));
  const whole = new Map(weightLayers(graph).map((layer) => [layer.node, layer]));
  const outputsOf = new Map(
    groups.axes
      .filter(({ role, input }) => role === 'produces' || (role === 'follows' && input === 1))
      .map((axis) => [axis.node, keptIndices(axis, removed)]),
  );
  const narrowed = new Set(
    groups.axes.filter(({ groups: all }) => all.some((group) => removed.has(group))).map(({ node }) => node),
  );
  const uses = new Map<string, number>();
  for (const node of result.nodes) for (const name of node.inputs) uses.set(name, (uses.get(name) ?? 0) + 1);
  const changed = new Set<string>();
  return graph.nodes.flatMap((node, at): Site[] => {
    const isBehind = node.inputs.some((input) => changed.has(input));
    if (!isBehind && !narrowed.has(node)) return [];
    for (const output of node.outputs) changed.add(output);
    const layer = own.get(result.nodes[at]!);
    const reference = whole.get(node);
    if (!layer || !reference || !isBehind || uses.get(layer.weightName) !== 1) return [];
    const count = activations.imagesFor(layer.node);
    const probe = gramProbe(layer.node, layer.weight.shape, smallerShapes, count);
    const full = gramProbe(node, reference.weight.shape, shapes, count);
    if (!probe || !full) return [];
    const rows = weightRows(layer);
    const outputs = outputsOf.get(node) ?? Array.from({ length: rows.rows }, (_, row) => row);
    const isDepthwise = rows.groups !== full.groups;
    const perGroup = weightRows(reference).rows / full.groups;
    const groupsLeft = isDepthwise ? [...new Set(outputs.map((output) => Math.floor(output / perGroup)))] : undefined;
    return [
      {
        layer,
        reference,
        rows,
        referenceRows: weightRows(reference),
        outputs,
        probe: {
          own: { ...probe, skip: full.skip },
          reference: full,
          groups: groupsLeft,
          branch: rows.groups === 1 ? otherBranch(graph, node, at, outputs, activations) : undefined,
        },
      },
    ];
  });
}

/** The other term of a sum that the layer's output goes into, where it is computed before the layer. */
function otherBranch(
  graph: Graph,
  node: Node,
  position: number,
  channels: readonly number[],
  { referenceOf }: PairedActivations,
): OtherBranch | undefined {
  const [output] = node.outputs;
  const index = indexGraph(graph);
  const sum = index.soleConsumer(output!);
  const other = sum?.op === 'Add' ? sum.inputs.find((input) => input !== output) : undefined;
  const producer = other === undefined ? undefined : index.producer(other);
  if (!producer || graph.nodes.indexOf(producer) >= position || node.op !== 'Conv') return undefined;
  return { own: other!, reference: referenceOf(other!), channels };
}

async function refit(
  result: Graph,
  { layer, rows, referenceRows, outputs }: Site,
  sums: RefitSums,
  keepsWeights: boolean,
  products: MatrixProducts,
): Promise<void> {
  const hasBias = biasValues(result, layer.node, rows.rows) !== undefined;
  if (hasBias) centreRefitSums(sums);
  const { columns, groups } = rows;
  const perGroup = rows.rows / groups;
  const wanted = pickRows(referenceRows, outputs);
  const data = rows.data.slice();
  const shift = new Float64Array(rows.rows);
  for (let group = 0; group < groups; group++) {
    const [first, end] = [group * perGroup, (group + 1) * perGroup];
    const weights = subMatrix(wanted, first, end, 0, referenceRows.columns);
    const start = subMatrix(rows, first, end, 0, columns);
    const cross = sums.crosses[group]!;
    if (!keepsWeights) {
      const problem = { weights, gram: sums.grams[group]!, cross, start, extra: sums.extra, count: sums.count };
      data.set((await leastSquaresRefit(problem, products)).data, first * columns);
    }
    for (let row = first; row < end; row++) {
      let missing = sums.extraSums?.[row] ?? 0;
      for (let input = 0; input < cross.rows; input++)
        missing += wanted.data[row * cross.rows + input]! * sums.referenceSums[group * cross.rows + input]!;
      for (let input = 0; input < columns; input++)
        missing -= data[row * columns + input]! * sums.sums[group * columns + input]!;
      shift[row] = missing / sums.count;
    }
  }
  result.initializers.set(layer.weightName, weightOfRows(rows, data));
  if (hasBias) addToBias(result, layer.node, shift);
}
