import { intAttribute } from '../onnx/attributes';
import { elementCount, type Graph, type Node } from '../onnx/graph';
import type { TypedShape } from '../onnx/shapes';
import { isPointwise, type GatedChain } from './gated-chains';

/**
 * Nanoseconds in ONNX Runtime 1.30 on one core with 512-bit vectors, fitted to the lower third of 30 runs of 62 dense and 18 depthwise layers as ResNet,
 * VGG and MobileNet have them; 57 of the dense ones are within 12 %. Weights that the runtime knows beforehand are packed and kept in blocks of channels; those
 * that are picked for each image are not, and depthwise layers then take ten times as long. What is the same on both sides is left out.
 */
const packed = { mac: 0.0166, unfolded: 0.044, weight: 0.163, output: 0.124, layer: 3900 };
const picked = { mac: 0.0179, unfolded: 0.299, weight: 0.332, output: 0.149, layer: 300 };
const depthwise = { packedMac: 0.05, pickedMac: 0.23, pickedChannel: 220 };
/** Rows of a matrix are copied in one piece; the columns of a kernel each by itself, whatever its size. */
const picking = { element: 0.45, column: 7.3 };
const gate = { pooled: 0.07, weight: 0.23, each: 30_000 };
/** An element of what the chain takes and gives: out of blocks of channels and into them, and sums and activations that stand alone then. */
const edges = { input: 0.15, output: 0.5 };

interface Size {
  inputs: number;
  outputs: number;
  kernel: number;
  positions: number;
}

const macsOf = ({ inputs, outputs, kernel, positions }: Size): number => inputs * outputs * kernel * positions;

function denseTime({ inputs, outputs, kernel, positions }: Size, cost: typeof packed): number {
  const [weights, unfolded] = [inputs * outputs * kernel, inputs * kernel * positions];
  return (
    cost.mac * weights * positions +
    cost.unfolded * unfolded +
    cost.weight * weights +
    cost.output * outputs * positions +
    cost.layer
  );
}

/** How long the layers of a chain take for one image, in nanoseconds: as they are, and with so many of the channels. */
export function chainTimes(
  graph: Graph,
  chain: GatedChain,
  keptOf: (channels: number) => number,
  shapes: ReadonlyMap<string, TypedShape>,
): { whole: number; gated: number } {
  const numbers = (value: string): number[] => (shapes.get(value)?.shape ?? []).map((size) => Number(size) || 1);
  const sizeOf = (node: Node): Size => {
    const [outputs, inputs, ...kernel] = graph.initializers.get(node.inputs[1]!)!.shape;
    const positions = elementCount(numbers(node.outputs[0]!).slice(2));
    return { outputs: outputs!, inputs: inputs!, kernel: elementCount(kernel), positions };
  };
  const total = { whole: 0, gated: 0 };
  const input = numbers(chain.input);
  const last = chain.hidden.at(-1)!.reader;
  const edge = edges.input * elementCount(input) + edges.output * elementCount(numbers(last.outputs[0]!));
  total.gated += gate.pooled * elementCount(input) + edge;
  for (const [at, { channels, makers }] of chain.hidden.entries()) {
    const [maker, ...others] = makers;
    const kept = keptOf(channels);
    total.gated += gate.each + gate.weight * channels * input[1]!;
    const before = chain.hidden[at - 1];
    const whole = sizeOf(maker!);
    const size = { ...whole, outputs: kept, inputs: before ? keptOf(before.channels) : whole.inputs };
    total.whole += denseTime(whole, packed);
    total.gated += denseTime(size, picked) + picking.element * kept * whole.inputs * whole.kernel;
    if (before) total.gated += picking.column * kept * size.inputs;
    for (const node of others.filter((other) => intAttribute(other, 'group', 1) > 1)) {
      const own = sizeOf(node);
      total.whole += depthwise.packedMac * macsOf(own);
      total.gated += depthwise.pickedMac * macsOf({ ...own, outputs: kept }) + depthwise.pickedChannel * kept;
    }
  }
  const whole = sizeOf(last);
  const kept = keptOf(whole.inputs);
  total.whole += denseTime(whole, packed);
  total.gated += denseTime({ ...whole, inputs: kept }, picked);
  total.gated += isPointwise(last, graph.initializers.get(last.inputs[1]!)!.shape)
    ? picking.element * kept * whole.outputs
    : picking.column * kept * whole.outputs;
  return total;
}
