import { Liveness } from '../../compression/calibration/liveness';
import type { WeightLayer } from '../../compression/layers/weight-layers';
import type { Graph, Node } from '../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';

/** A part of a network whose rounding is learned together: it reads one value besides constants and gives one. */
export interface RoundingUnit {
  /** Positions of its nodes among those of the network, ascending. */
  nodes: readonly number[];
  entry: string;
  exit: string;
  layers: readonly WeightLayer[];
  /** Its one layer gives the exit itself: least squares find its weights without a gradient. */
  isLinear: boolean;
}

/** Identities in a row, which round what the unit behind them reads. */
interface Lead {
  from: string;
  nodes: number[];
  to: string;
}

/** Element by element, with one operand that is not constant or with several that come from one value. */
const elementwise = new Set(
  'Add BatchNormalization Clip Div Elu Erf Exp Gelu HardSigmoid HardSwish LeakyRelu Mul PRelu Pow Relu Sigmoid Softplus Sqrt Sub Tanh'.split(
    ' ',
  ),
);

/** Layers of an inverted residual: one that widens, a depthwise one, one that narrows. */
const mostJoined = 3;

/**
 * The parts of a network that are reconstructed one after the other. By block (Li et al. 2021, "BRECQ"): between neighbouring values that
 * all paths pass through, so that a residual block with its sum is one, with the activation behind it; three layers in a row around a
 * depthwise one, of which the last has no activation, are one too (the inverted residuals that have no sum). By layer: each with its activation.
 * @param layers those whose weights are rounded, each used once
 */
export function roundingUnits(graph: Graph, layers: readonly WeightLayer[], by: 'block' | 'layer'): RoundingUnit[] {
  const layerAt = new Map(layers.map((layer) => [graph.nodes.indexOf(layer.node), layer]));
  return by === 'layer' ? layerUnits(graph, layerAt) : joined(blockUnits(graph, layerAt));
}

type LayersByPosition = ReadonlyMap<number, WeightLayer>;

const unitOf = (
  graph: Graph,
  layerAt: LayersByPosition,
  nodes: number[],
  entry: string,
  exit: string,
): RoundingUnit => {
  const layers = nodes.flatMap((at) => layerAt.get(at) ?? []);
  const isLinear = nodes.length === 1 && graph.nodes[nodes[0]!]!.outputs[0] === exit;
  return { nodes, entry, exit, layers, isLinear };
};

function layerUnits(graph: Graph, layerAt: LayersByPosition): RoundingUnit[] {
  const index = indexGraph(graph);
  return [...layerAt].map(([position, { node }]) => {
    const nodes = [position];
    let exit = node.outputs[0]!;
    for (;;) {
      const next = index.soleConsumer(exit);
      const isOwn = (input: string): boolean => input === '' || input === exit || graph.initializers.has(input);
      if (!next || !elementwise.has(next.op) || !next.inputs.every(isOwn)) break;
      nodes.push(graph.nodes.indexOf(next));
      exit = next.outputs[0]!;
    }
    const lead = leadOf(graph, index, node.inputs[0]!);
    return ledBy(lead, unitOf(graph, layerAt, nodes, lead.to, exit));
  });
}

/** The identities in front of what one layer alone reads; none where others read it too. */
function leadOf(graph: Graph, index: GraphIndex, to: string): Lead {
  const lead: Lead = { from: to, nodes: [], to };
  for (;;) {
    const producer = index.producer(lead.from);
    if (producer?.op !== 'Identity' || !index.soleConsumer(lead.from)) return lead;
    lead.nodes.unshift(graph.nodes.indexOf(producer));
    lead.from = producer.inputs[0]!;
  }
}

function blockUnits(graph: Graph, layerAt: LayersByPosition): RoundingUnit[] {
  const liveness = new Liveness(graph, true);
  const cuts = Array.from({ length: graph.nodes.length + 1 }, (_, at) => ({ at, alive: liveness.before(at) }))
    .filter(({ alive }) => alive.length === 1)
    .map(({ at, alive }) => ({ at, value: alive[0]! }));
  const units: RoundingUnit[] = [];
  let lead: Lead | undefined;
  for (const [number, { at: end, value: exit }] of cuts.entries()) {
    const start = cuts[number - 1];
    if (!start) continue;
    const nodes = Array.from({ length: end - start.at }, (_, at) => start.at + at);
    const last = units.at(-1);
    const [from, isLed] = [start.value, lead?.to === start.value];
    if (nodes.some((at) => layerAt.has(at)))
      units.push(ledBy(isLed ? lead : undefined, unitOf(graph, layerAt, nodes, from, exit)));
    else if (nodes.every((at) => graph.nodes[at]!.op === 'Identity'))
      lead = isLed ? { from: lead!.from, nodes: [...lead!.nodes, ...nodes], to: exit } : { from, nodes, to: exit };
    else if (last?.exit === from && nodes.every((at) => elementwise.has(graph.nodes[at]!.op)))
      units.splice(-1, 1, { ...last, nodes: [...last.nodes, ...nodes], exit, isLinear: false });
  }
  return units;
}

const ledBy = (lead: Lead | undefined, unit: RoundingUnit): RoundingUnit =>
  lead ? { ...unit, nodes: [...lead.nodes, ...unit.nodes], entry: lead.from } : unit;

const isDepthwise = ({ node, weight }: WeightLayer): boolean =>
  node.op === 'Conv' && weight.shape[1] === 1 && (node.attributes['group']?.value as number) > 1;

/** Units of one layer joined to inverted residuals. */
function joined(units: readonly RoundingUnit[]): RoundingUnit[] {
  const result: RoundingUnit[] = [];
  for (let at = 0; at < units.length;) {
    const run = runFrom(units, at);
    result.push(run.length > 1 ? together(run) : units[at]!);
    at += run.length;
  }
  return result;
}

function runFrom(units: readonly RoundingUnit[], first: number): RoundingUnit[] {
  const run: RoundingUnit[] = [];
  for (let unit = units[first]; unit && run.length < mostJoined; unit = units[first + run.length]) {
    if (unit.layers.length !== 1 || (run.length > 0 && run.at(-1)!.exit !== unit.entry)) break;
    run.push(unit);
    if (unit.isLinear) break;
  }
  const isInverted = run.at(-1)?.isLinear && run.some(({ layers }) => isDepthwise(layers[0]!));
  return isInverted ? run : units.slice(first, first + 1);
}

const together = (run: readonly RoundingUnit[]): RoundingUnit => ({
  nodes: run.flatMap(({ nodes }) => nodes),
  entry: run[0]!.entry,
  exit: run.at(-1)!.exit,
  layers: run.flatMap(({ layers }) => layers),
  isLinear: false,
});

/** The nodes of a unit in a network with the same nodes in the same order. */
export const nodesOf = ({ nodes }: RoundingUnit, graph: Graph): Node[] => nodes.map((at) => graph.nodes[at]!);
