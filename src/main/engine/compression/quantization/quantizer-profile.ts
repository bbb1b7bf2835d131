import type { Graph, Node } from '../../onnx/graph';
import {
  asymmetricActivations,
  symmetricActivations,
  withoutHalfSteps,
  type ActivationCodes,
  type Range,
} from '../algebra/affine-quantization';
import { errorGates } from './error-gates';
import { planLayerInputs } from './layer-inputs-plan';
import { planQdq, type QdqPlan } from './qdq-plan';
import { sharedScaleOperators } from './quantized-operators';

/** For whose kernels a network is quantized. */
export interface QuantizerProfile {
  /** Different for profiles that choose differently. */
  key: string;
  /** Operators with integer kernels of their own, which are not taken apart. */
  whole: ReadonlySet<string>;
  plan(graph: Graph, isExcluded?: (node: Node) => boolean): QdqPlan;
  activations: ActivationCodes;
  /** The range that the network's input is given, of the one seen. */
  inputRange?(range: Range): Range;
  /** As in `QdqChoices`. */
  isExplicit: boolean;
}

/** What ONNX Runtime fuses on its CPU provider. */
export const fusedKernels: QuantizerProfile = {
  key: 'fusedKernels',
  whole: new Set(),
  plan: (graph, isExcluded) => planQdq(graph, isExcluded),
  activations: asymmetricActivations,
  isExplicit: false,
};

/** The 8-bit specification of TensorFlow Lite; see `sharedScaleOperators`. */
export const sharedScaleKernels: QuantizerProfile = {
  key: 'sharedScaleKernels',
  whole: new Set(['HardSwish']),
  plan(graph, isExcluded = () => false) {
    const gates = errorGates(graph);
    return planQdq(graph, (node) => isExcluded(node) || gates.has(node), sharedScaleOperators);
  },
  activations: asymmetricActivations,
  inputRange: withoutHalfSteps,
  isExplicit: false,
};

/** The explicit quantization of TensorRT; see `planLayerInputs`. */
export const explicitPairs: QuantizerProfile = {
  key: 'explicitPairs',
  whole: new Set(['HardSigmoid', 'HardSwish']),
  plan: planLayerInputs,
  activations: symmetricActivations,
  isExplicit: true,
};
