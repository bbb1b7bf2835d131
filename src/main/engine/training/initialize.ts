import { createRandom } from '../compression/algebra/random';
import { intAttribute } from '../onnx/attributes';
import { copyGraph, elementCount, type Graph, type Node, type Tensor } from '../onnx/graph';
import { indexGraph } from '../onnx/graph-index';
import { float32Tensor } from '../onnx/make';
import { lastLayerOf } from './logits';

/** What inputs of an operator begin as, by position: a norm changes nothing. */
const starts: Record<string, readonly (number | undefined)[]> = {
  BatchNormalization: [undefined, 1, 0, 0, 1],
  LayerNormalization: [undefined, 1, 0],
  PRelu: [undefined, 0.25],
};

/** Of the classifier, whose scores should begin alike. */
const classifierDeviation = 0.01;

/**
 * The network with the weights that training from scratch begins with: those of layers drawn from a normal distribution of variance 2 /
 * inputs (He et al. 2015, "Delving deep into rectifiers"), of the classifier from a narrow one, biases 0, norms that change nothing. The
 * bias of a classifier behind which a ReLU stands is 1, so that no class is closed before it was learned. The input is not changed.
 * @param graph with plain float32 weights; what is no weight of a layer and no norm stays as it is
 */
export function initialized(graph: Graph, seed: number | string): Graph {
  const result = copyGraph(graph);
  const { producer, soleConsumer } = indexGraph(graph);
  const normal = normalNumbers(createRandom(seed));
  const last = lastLayerOf(graph);
  const set = (name: string | undefined, valueOf: (tensor: Tensor) => (index: number) => number): void => {
    const tensor = graph.initializers.get(name ?? '');
    if (!name || tensor?.type !== 'float32') return;
    const value = valueOf(tensor);
    const data = Float32Array.from({ length: tensor.data.length }, (_, index) => value(index));
    result.initializers.set(name, float32Tensor(tensor.shape, data));
  };
  for (const node of graph.nodes) {
    if (node.domain !== '') continue;
    if (isLayer(node)) {
      const isRectified = node === last && soleConsumer(node.outputs[0]!)?.op === 'Relu';
      for (const at of [0, 1])
        set(node.inputs[at], ({ shape }) => {
          const deviation = node === last ? classifierDeviation : Math.sqrt(2 / inputsOf(node, shape));
          return () => deviation * normal();
        });
      set(node.inputs[2], () => () => Number(isRectified));
    } else if (node.op === 'Add' && node.inputs.some((input) => producer(input)?.op === 'MatMul'))
      for (const input of node.inputs) set(input, () => () => 0);
    else starts[node.op]?.forEach((start, at) => start !== undefined && set(node.inputs[at], () => () => start));
  }
  return result;
}

const isLayer = ({ op }: Node): boolean => op === 'Conv' || op === 'Gemm' || op === 'MatMul';

/** Products that are summed for one output of a layer with weights of this shape. */
function inputsOf(node: Node, shape: readonly number[]): number {
  if (node.op === 'Conv') return elementCount(shape.slice(1));
  const isTransposed = node.op === 'Gemm' && intAttribute(node, 'transB', 0) !== 0;
  return shape.at(isTransposed ? -1 : -2) ?? 1;
}

/** Numbers of the standard normal distribution (Box and Muller 1958). */
const normalNumbers =
  (random: () => number): (() => number) =>
  () =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
