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
 * The graph with batch norms as they train: in operators that take mean and variance of each batch, and with running statistics as the
 * ONNX operator updates them, running = running momentum + batch (1 - momentum), the variance being that of the population
 * (Ioffe and Szegedy 2015, "Batch normalization", algorithm 1). ONNX Runtime has no such operator outside its training builds.
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
    const channels = shape[1]!;
    const others = shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
    const perChannel = (value: string): string => write.reshape(value, [1, channels, ...shape.slice(2).map(() => 1)]);
    const momentum = floatAttribute(node, 'momentum', 0.9);
    const update = (constant: string, batch: string): void => {
      const flat = write.reshape(batch, [channels]);
      running.set(constant, write.add(write.scale(constant, momentum), write.scale(flat, 1 - momentum)));
    };
    const average = (value: string): string =>
      write.scale(write.sum(value, others, true), channels / elementCount(shape));
    const batchMean = average(x);
    const centred = write.subtract(x, batchMean);
    const batchVariance = average(write.multiply(centred, centred));
    const epsilon = write.scalar(floatAttribute(node, 'epsilon', 1e-5));
    const normal = write.divide(centred, write.emit('Sqrt', [write.add(batchVariance, epsilon)]));
    write.emit('Add', [write.multiply(normal, perChannel(gamma)), perChannel(beta)], {}, node.outputs[0]);
    update(mean, batchMean);
    update(variance, batchVariance);
    write.append();
  }
  return { graph: result, running };
}
