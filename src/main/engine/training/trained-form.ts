import type { EstimatedGradient } from '../gradients/estimated-gradient';
import { copyGraph, type Graph, type Tensor } from '../onnx/graph';
import type { ParameterGroup } from './step-graph';
import { withRelativeRates } from './relative-rate';
import { trainableParameters } from './trainable';

/** A network as it computes while it is trained. */
export interface FormedNetwork {
  graph: Graph;
  /** Constants of it that are trained, by name. */
  parameters: ReadonlyMap<string, ParameterGroup>;
  /** Constants of it that are changed between steps. */
  settings?: readonly string[];
  /** Gradients of values that have no other, by name. */
  estimated?: ReadonlyMap<string, EstimatedGradient>;
  /** Values that further constants take after a step, by the constants; these may be changed between steps too, and checkpoints hold them. */
  replaced?: ReadonlyMap<string, string>;
}

/**
 * What of a network is trained, and what becomes of it: a weight may be what nodes compute of other constants, such as codes and scales, a
 * table and positions in it, or a mask and a dense weight.
 */
export interface TrainedForm {
  /** @param network with a number for every dimension; it is not changed */
  of(network: Graph): FormedNetwork;
  /**
   * The network with what was learned.
   * @param network as it came, with an open batch; it is not changed
   * @param learned the parameters and what was replaced by name, also such as `network` has not
   */
  finish(network: Graph, learned: ReadonlyMap<string, Tensor>): Graph;
}

/**
 * Weights, biases and norms as they are; what is zero stays zero.
 * @param areRelative whether rates follow the size of weights, for optimisers whose steps do not depend on the scale of gradients
 */
export const plainForm = (weightDecay: number, areRelative = true): TrainedForm => ({
  of(graph) {
    const parameters = trainableParameters(graph, weightDecay);
    return { graph, parameters: areRelative ? withRelativeRates(graph, parameters) : parameters };
  },
  finish(network, learned) {
    const graph = copyGraph(network);
    for (const [name, tensor] of learned) if (graph.initializers.has(name)) graph.initializers.set(name, tensor);
    return graph;
  },
});
