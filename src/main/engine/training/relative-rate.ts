import { weightLayers, type WeightLayer } from '../compression/layers/weight-layers';
import { weightRows } from '../compression/layers/weight-rows';
import type { Graph, Tensor } from '../onnx/graph';
import { float32Tensor } from '../onnx/make';
import type { ParameterGroup } from './step-graph';

/** Root of the mean square of weights for which learning rates of recipes are meant; that of a usual convolution. */
const usualSize = 0.05;
/** A channel learns at least as fast as one with weights of so much of the layer's size: one that is almost empty may fill. */
const emptyChannel = 0.1;

/**
 * How many times the learning rate of a step suits numbers that move many weights of this size at once: optimisers whose steps do not
 * depend on the scale of gradients would move small layers too far and large ones hardly.
 */
export function relativeRate(weights: Float32Array): number {
  let sum = 0;
  for (const weight of weights) sum += weight * weight;
  return Math.sqrt(sum / Math.max(1, weights.length)) / usualSize;
}

/**
 * The same for each output channel of a layer: folded batch norms leave channels of one layer a hundred times as large as others.
 * @returns in a shape that broadcasts to the weight's
 */
function channelRates(layer: WeightLayer): Tensor {
  const { rows, columns, data } = weightRows(layer);
  const least = emptyChannel * relativeRate(data);
  const rates = Float32Array.from({ length: rows }, (_, row) =>
    Math.max(least, relativeRate(data.subarray(row * columns, (row + 1) * columns))),
  );
  return float32Tensor(
    layer.weight.shape.map((size, axis) => (axis === layer.channelAxis ? size : 1)),
    rates,
  );
}

/** Parameters of a network with rates relative to their size; numbers a channel, which may be 0 at first, keep the step's at least. */
export function withRelativeRates(
  graph: Graph,
  parameters: ReadonlyMap<string, ParameterGroup>,
): Map<string, ParameterGroup> {
  const rates = new Map<string, Tensor>(weightLayers(graph).map((layer) => [layer.weightName, channelRates(layer)]));
  return new Map(
    [...parameters].map(([name, group]) => {
      const numbers = graph.initializers.get(name)!.data as Float32Array;
      return [name, { ...group, rate: rates.get(name) ?? Math.max(1, relativeRate(numbers)) }];
    }),
  );
}
