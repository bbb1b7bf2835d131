import type { ModelCard } from '@shared/model-card';
import { floatAttribute, intsAttribute } from '../../onnx/attributes';
import { copyGraph, elementCount, type Graph, type Node } from '../../onnx/graph';
import { indexGraph } from '../../onnx/graph-index';
import { makeNode } from '../../onnx/make';
import { removeDead } from '../../onnx/remove-dead';
import { removeIdentities } from '../../onnx/remove-identities';
import type { CalibrationImages } from '../calibration/technique-context';

/** y = factor x + shift, one of each per colour. */
interface ColourLine {
  factor: number[];
  shift: number[];
}

/** A network without the arithmetic around it that an integer-only form leaves to others. */
export interface BareNetwork {
  graph: Graph;
  /** With what the network itself did to normalise, in mean and standard deviation. */
  card: ModelCard;
  /** What was between the card's normalisation and the network; undefined where nothing was. */
  line?: ColourLine;
}

const colours = 3;

/** A constant that is one number, or one per colour along the channels' axis. */
function perColour(graph: Graph, name: string | undefined, isLast: boolean): number[] | undefined {
  const tensor = graph.initializers.get(name ?? '');
  if (tensor?.type !== 'float32') return undefined;
  const numbers = Array.from(tensor.data as Float32Array);
  if (numbers.length === 1) return new Array<number>(colours).fill(numbers[0]!);
  const axis = tensor.shape.indexOf(colours);
  const fits = elementCount(tensor.shape) === colours && tensor.shape.length - axis === (isLast ? 1 : colours);
  return fits ? numbers : undefined;
}

function lineOf(graph: Graph, node: Node, value: string, isLast: boolean): ColourLine | undefined {
  const isFirst = node.inputs[0] === value;
  if (node.op === 'BatchNormalization' && isFirst && !isLast) {
    const [gamma, beta, mean, variance] = node.inputs
      .slice(1, 5)
      .map((name) => graph.initializers.get(name)?.data as Float32Array | undefined);
    if (!gamma || !beta || !mean || !variance || gamma.length !== colours) return undefined;
    const epsilon = floatAttribute(node, 'epsilon', 1e-5);
    const factor = Array.from(gamma, (each, at) => each / Math.sqrt(variance[at]! + epsilon));
    return { factor, shift: factor.map((each, at) => beta[at]! - mean[at]! * each) };
  }
  const numbers = perColour(graph, node.inputs[isFirst ? 1 : 0], isLast);
  if (!numbers) return undefined;
  const [ones, zeros] = [numbers.map(() => 1), numbers.map(() => 0)];
  if (node.op === 'Mul') return { factor: numbers, shift: zeros };
  if (node.op === 'Add') return { factor: ones, shift: numbers };
  if (!isFirst) return undefined;
  if (node.op === 'Div') return { factor: numbers.map((each) => 1 / each), shift: zeros };
  return node.op === 'Sub' ? { factor: ones, shift: numbers.map((each) => -each) } : undefined;
}

/** The scores in front of a last Softmax: their order is the same. */
function withoutSoftmax(graph: Graph): Graph {
  const index = indexGraph(graph);
  const passing = new Set(['Identity', 'Reshape', 'Flatten', 'Squeeze']);
  const heads = new Set<Node>();
  for (const { name } of graph.outputs) {
    let node = index.producer(name);
    while (node && passing.has(node.op) && node.domain === '') node = index.producer(node.inputs[0]!);
    if (node?.domain === '' && (node.op === 'Softmax' || node.op === 'LogSoftmax')) heads.add(node);
  }
  if (heads.size === 0) return graph;
  const nodes = graph.nodes.map((node) =>
    heads.has(node) ? makeNode('Identity', node.inputs, node.outputs, {}, node.name) : node,
  );
  return removeIdentities({ ...graph, nodes });
}

/**
 * Takes the normalisation in front of the first layer into the card, (p - mean) / std there and factor x + shift here being (p - (mean - std shift / factor)) / (std / factor),
 * and a Softmax off the end. Float and QDQ networks alike; the graph that comes in is not changed.
 */
export function bareNetwork(source: Graph, card: ModelCard): BareNetwork {
  const graph = copyGraph(withoutSoftmax(source));
  const index = indexGraph(graph);
  const input = graph.inputs[0]!.name;
  const line: ColourLine = { factor: [1, 1, 1], shift: [0, 0, 0] };
  let isLast = card.input.layout === 'NHWC';
  /** What readers of a value read in its place. */
  let [value, kept, found] = [input, input, false];
  for (let node = index.soleConsumer(value); node?.domain === ''; node = index.soleConsumer(value)) {
    const isCopy = node.op === 'Identity' || (node.op === 'Sum' && node.inputs.length === 1);
    if (node.op === 'Transpose' && isLast && intsAttribute(node, 'perm')?.join() === '0,3,1,2') {
      isLast = false;
      node.inputs = [kept];
      kept = node.outputs[0]!;
    } else if (!isCopy) {
      const next = lineOf(graph, node, value, isLast);
      if (!next || next.factor.some((each) => !(each > 0))) break;
      line.shift = line.shift.map((each, at) => each * next.factor[at]! + next.shift[at]!);
      line.factor = line.factor.map((each, at) => each * next.factor[at]!);
      found = true;
    }
    value = node.outputs[0]!;
  }
  for (const node of index.consumers(value)) node.inputs = node.inputs.map((read) => (read === value ? kept : read));
  const { mean, std } = card.preprocess;
  const preprocess = {
    ...card.preprocess,
    mean: mean.map((each, at) => each - (std[at]! * line.shift[at]!) / line.factor[at]!) as typeof mean,
    std: std.map((each, at) => each / line.factor[at]!) as typeof std,
  };
  return { graph: removeDead(graph), card: { ...card, preprocess }, ...(found ? { line } : {}) };
}

/** The images as the bare network takes them. */
export function bareImages(images: CalibrationImages, { card, line }: BareNetwork): CalibrationImages {
  if (!line) return images;
  const area = card.input.layout === 'NHWC' ? 1 : card.input.height * card.input.width;
  return {
    count: images.count,
    async *batches(size) {
      for await (const { data, shape } of images.batches(size)) {
        const colourOf = (at: number): number => Math.floor(at / area) % colours;
        yield { data: data.map((each, at) => each * line.factor[colourOf(at)]! + line.shift[colourOf(at)]!), shape };
      }
    },
  };
}
