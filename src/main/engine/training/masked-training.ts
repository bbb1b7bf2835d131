import { FreshNames } from '../onnx/fresh-names';
import { copyGraph, type Graph, type Tensor } from '../onnx/graph';
import { float32Tensor, makeNode } from '../onnx/make';
import type { FineTuneOptions } from './fine-tune';
import { plainForm } from './trained-form';

/**
 * The masks of weights from a step on: of the weight's shape, 1 where it counts, 0 where it is taken for zero. Undefined where they stay.
 * @param step from 0
 * @param weights as they are now, dense, by name
 */
export type MasksBefore = (
  step: number,
  weights: () => ReadonlyMap<string, Tensor>,
) => ReadonlyMap<string, Float32Array> | undefined;

const maskOf = (weight: string): string => `${weight}.mask`;

/**
 * Trains weights behind masks that change on the way: what is trained stays dense, so that a weight which was taken away keeps its value and
 * may come back. The network that comes in is judged with the zeros that it has; those of the last masks are the zeros of the result.
 * @param dense the weights of layers that training begins with, by name
 */
export function maskedTraining(
  dense: ReadonlyMap<string, Tensor>,
  weightDecay: number,
  masksBefore: MasksBefore,
): Required<Pick<FineTuneOptions, 'form' | 'beforeStep'>> {
  const plain = plainForm(weightDecay);
  const names = [...dense.keys()];
  let last: ReadonlyMap<string, Float32Array> = new Map();
  return {
    form: {
      of(network) {
        const graph = copyGraph(network);
        for (const [name, weight] of dense) graph.initializers.set(name, weight);
        const { parameters } = plain.of(graph);
        for (const name of names) graph.initializers.set(maskOf(name), nonZeros(network.initializers.get(name)!));
        readMasked(graph, names);
        return { graph, parameters, settings: names.map(maskOf) };
      },
      finish(network, learned) {
        const graph = plain.finish(network, learned);
        for (const [name, mask] of last)
          if (learned.has(name)) graph.initializers.set(name, masked(learned.get(name)!, mask));
        return graph;
      },
    },
    beforeStep(step, session) {
      // A run that was interrupted has them from its checkpoint.
      last = new Map(names.flatMap((name) => named(name, session.setting(maskOf(name)))));
      for (const [name, mask] of masksBefore(step, () => session.parameters()) ?? []) last.get(name)?.set(mask);
    },
  };
}

const named = <T>(name: string, value: T | undefined): [string, T][] => (value === undefined ? [] : [[name, value]]);

/** Lets whoever reads one of the weights read its product with its mask. Changes `graph`. */
function readMasked(graph: Graph, names: readonly string[]): void {
  const fresh = new FreshNames(graph);
  const products = new Map(names.map((name) => [name, fresh.like(`${name}.masked`)]));
  for (const node of graph.nodes) node.inputs = node.inputs.map((input) => products.get(input) ?? input);
  graph.nodes.unshift(...[...products].map(([name, product]) => makeNode('Mul', [name, maskOf(name)], [product])));
}

const nonZeros = ({ shape, data }: Tensor): Tensor =>
  float32Tensor(
    shape,
    (data as Float32Array).map((weight) => (weight === 0 ? 0 : 1)),
  );

/** A product would leave zeros with a sign. */
const masked = ({ shape, data }: Tensor, mask: Float32Array): Tensor =>
  float32Tensor(
    shape,
    (data as Float32Array).map((weight, at) => (mask[at] === 0 ? 0 : weight)),
  );
