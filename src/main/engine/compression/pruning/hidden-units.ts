import type { ChannelAxis, ChannelGroups } from '../../onnx/channel-groups';
import { elementCount, type Graph, type Node } from '../../onnx/graph';
import type { TechniqueContext } from '../calibration/technique-context';
import { channelMoments } from '../calibration/channel-moments';

const fullyConnected = new Set(['Gemm', 'MatMul']);

/** Units between two fully connected layers. */
export interface HiddenLayer {
  /** The layer that gives them. */
  node: Node;
  units: readonly number[];
  readers: readonly ChannelAxis[];
}

/** The hidden layers of a network: units that a fully connected layer makes, and that only such layers read. */
export function hiddenLayers(groups: ChannelGroups): HiddenLayer[] {
  const entriesOf = (group: number, role: ChannelAxis['role']): ChannelAxis[] =>
    groups.axes.filter((axis) => axis.role === role && axis.groups.includes(group));
  return groups.axes.flatMap((axis): HiddenLayer[] => {
    if (axis.role !== 'produces' || !fullyConnected.has(axis.node.op)) return [];
    const units = [...new Set(axis.groups)];
    const isHidden = units.length > 1 && units.every((group) => groups.isProtected[group] === false);
    if (!isHidden) return [];
    const readers = entriesOf(units[0]!, 'reads');
    const makers = entriesOf(units[0]!, 'produces');
    const all = [...readers, ...makers].every(
      (entry) => fullyConnected.has(entry.node.op) && units.every((group) => entry.groups.includes(group)),
    );
    return makers[0] === axis && readers.length > 0 && all ? [{ node: axis.node, units, readers }] : [];
  });
}

/**
 * What each unit contributes to the layers that read it: its variance over calibration images (its mean goes to the bias) times the squares of the
 * weights that read it.
 */
export async function unitSaliencies(
  graph: Graph,
  layers: readonly HiddenLayer[],
  images: number,
  { id, context }: { id: string; context: TechniqueContext },
): Promise<Map<number, number>> {
  const inputs = new Set(layers.flatMap(({ readers }) => readers.map(({ node }) => node.inputs[0]!)));
  const values = [...inputs].map((name) => ({ name, isSpatial: false }));
  const moments = await channelMoments(graph, values, context, { id, limit: images });
  const result = new Map<number, number>();
  for (const { readers } of layers)
    for (const { node, input, axis, groups } of readers) {
      const weight = graph.initializers.get(node.inputs[input]!)!;
      const { deviation } = moments.get(node.inputs[0]!)!;
      const inner = elementCount(weight.shape.slice(axis + 1));
      const squares = new Float64Array(groups.length);
      (weight.data as Float32Array).forEach((value, index) => {
        squares[Math.floor(index / inner) % groups.length]! += value ** 2;
      });
      groups.forEach((group, unit) =>
        result.set(group, (result.get(group) ?? 0) + squares[unit]! * deviation[unit]! ** 2),
      );
    }
  return result;
}

/** `share` of the units of a layer, rounded up, and never none. */
export function unitsToKeep(units: number, share: number): number {
  return Math.max(1, Math.ceil(share * units - 1e-9));
}

/** The units of each layer that go: those of least saliency. */
export function unitsToRemove(
  layers: readonly HiddenLayer[],
  saliencies: ReadonlyMap<number, number>,
  keptOf: (layer: HiddenLayer) => number,
): Set<number> {
  return new Set(
    layers.flatMap((layer) => {
      const ranked = [...layer.units].sort((a, b) => saliencies.get(b)! - saliencies.get(a)! || a - b);
      return ranked.slice(keptOf(layer));
    }),
  );
}
