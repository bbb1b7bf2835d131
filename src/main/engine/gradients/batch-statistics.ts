import { floatAttribute } from '../onnx/attributes';
import { FreshNames } from '../onnx/fresh-names';
import { copyGraph, elementCount, type Graph } from '../onnx/graph';
import { inferShapes } from '../onnx/shapes';
import { GradientWriter } from './gradient-writer';

export interface WithBatchStatistics {
  graph: Graph;
  /** New running means and variances, by the constants that hold the old ones. */
  running: Map<string, string>;
}

/**
 * The graph with batch norms as they train: mean and variance are those of each batch, and running statistics go on as the ONNX operator
 * updates them, running = running momentum + batch (1 - momentum), the variance being that of the population
 * (Ioffe and Szegedy 2015, "Batch normalization", algorithm 1). ONNX Runtime has no training mode outside its training builds, but its
 * operator takes statistics that are computed: one pass over the activations beside those that sum.
 * @param graph with a number for every dimension. It is not changed.
 */
export function withBatchStatistics(graph: Graph): WithBatchStatistics {
  const result = copyGraph(graph);
  const shapes = inferShapes(graph);
  const write = new GradientWriter(result, new FreshNames(graph));
  const running = new Map<string, string>();
  result.nodes = [];
  for (const node of graph.nodes) {
    const [x = '', gamma = '', beta = '', mean = '', variance = ''] = node.inputs;
    if (node.op !== 'BatchNormalization' || node.domain !== '' || !graph.initializers.has(mean)) {
      result.nodes.push(node);
      continue;
    }
    const shape = shapes.get(x)!.shape as number[];
    const others = shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
    const average = (value: string): string => write.scale(write.sum(value, others), shape[1]! / elementCount(shape));
    const batchMean = average(x);
    const spread = write.subtract(
      average(write.emit('Pow', [x, write.scalar(2)])),
      write.multiply(batchMean, batchMean),
    );
    // Rounding may take the variance of a channel that hardly varies below 0.
    const batchVariance = write.emit('Relu', [spread]);
    const momentum = floatAttribute(node, 'momentum', 0.9);
    const update = (constant: string, batch: string): void => {
      running.set(constant, write.add(write.scale(constant, momentum), write.scale(batch, 1 - momentum)));
    };
    write.emit(node.op, [x, gamma, beta, batchMean, batchVariance], { ...node.attributes }, node.outputs[0]);
    update(mean, batchMean);
    update(variance, batchVariance);
    write.append();
  }
  return { graph: result, running };
}
