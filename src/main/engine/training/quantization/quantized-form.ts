import { roundHalfEven, type CodeRange } from '../../compression/algebra/affine-quantization';
import { scalesOfPlan, type QdqPlan, type QuantizedLayer } from '../../compression/quantization/qdq-plan';
import type { QdqChoices } from '../../compression/quantization/qdq-rewrite';
import type { WeightCodes } from '../../compression/storage/weight-codes';
import { FreshNames } from '../../onnx/fresh-names';
import { copyGraph, type Graph, type Tensor } from '../../onnx/graph';
import { float32Tensor } from '../../onnx/make';
import type { FormedNetwork } from '../trained-form';
import { fakeQuantized, type ScaleRates } from './fake-quantizer';
import { keyOf, LearnedQuantizers, type WeightQuantizer } from './learned-quantizers';
import { scalesUnder } from './learned-scale';

type Learned = ReadonlyMap<string, Tensor>;

/** A float network and how it is to be quantized. */
export interface QuantizedNetwork {
  graph: Graph;
  plan: QdqPlan;
  choices: QdqChoices;
}

/** Quantization as it is trained, and what comes of it. */
export interface QuantizedForm {
  of(network: Graph): FormedNetwork;
  /** The network with the weights and scales that were learned. Weights lie on their grids, so that their codes are those of training. */
  quantized(network: Graph, learned: Learned): QuantizedNetwork;
}

export interface QuantizedFormOptions {
  /** What is quantized of the network or a copy of it. */
  planOf(graph: Graph): QdqPlan;
  /** Those of calibration. */
  choices: QdqChoices;
  rates: ScaleRates;
  /** Names of weights that are not trained. */
  kept: ReadonlySet<string>;
}

/** The form of a float network that is trained as it will be quantized. */
export function quantizedForm(network: Graph, options: QuantizedFormOptions): QuantizedForm {
  const { choices, rates, kept } = options;
  const planOf = (graph: Graph): QdqPlan => options.planOf(graph);
  const quantizers = new LearnedQuantizers(choices, new FreshNames(network), kept);
  return {
    of: (graph) => fakeQuantized(graph, planOf(graph), choices, quantizers, rates),
    quantized: (graph, learned) => learnedNetwork(graph, planOf, choices, quantizers, learned),
  };
}

function learnedNetwork(
  network: Graph,
  planOf: (graph: Graph) => QdqPlan,
  choices: QdqChoices,
  quantizers: LearnedQuantizers,
  learned: Learned,
): QuantizedNetwork {
  // Codes and scales begin at the weights of calibration.
  const before = planOf(network);
  const starts = new Map(
    [...before.layers.values()].map((layer) => [keyOf(layer), quantizers.ofWeights(before, layer)]),
  );
  const startOf = (layer: QuantizedLayer): WeightQuantizer => starts.get(keyOf(layer))!;
  const scalesOf = (layer: QuantizedLayer): Float32Array => {
    const { scale } = startOf(layer);
    return scalesUnder(scale, learned.get(scale.factors));
  };
  const scaleOf = scalesOfPlan(before, (value) => {
    const { scale, zeroPoint, learnedZeroPoint, lowest, highest } = quantizers.ofValue(network, before, value);
    const moved = learned.get(learnedZeroPoint ?? '')?.data[0];
    return {
      scale: scalesUnder(scale, learned.get(scale.factors))[0]!,
      zeroPoint: moved === undefined ? zeroPoint : roundHalfEven(Math.max(lowest, Math.min(highest, Number(moved)))),
    };
  });
  const graph = copyGraph(network);
  for (const [name, tensor] of learned) if (graph.initializers.has(name)) graph.initializers.set(name, tensor);
  for (const layer of before.layers.values()) {
    const weight = learned.get(layer.weightName);
    if (weight) graph.initializers.set(layer.weightName, onGrid(weight, layer, scalesOf(layer), startOf(layer)));
  }
  return {
    graph,
    plan: planOf(graph),
    choices: {
      ...choices,
      codesOf: (layer) => storedCodes(scalesOf(layer), startOf(layer).codes),
      scaleOf,
    },
  };
}

/** Scales are positive in a file: where some turn the codes round, these reach as far on either side. */
function storedCodes(scales: Float32Array, codes: CodeRange): WeightCodes {
  if (!scales.some((scale) => scale < 0)) return { scales, codes };
  const most = Math.max(-codes.lowest, codes.highest);
  return { scales: scales.map(Math.abs), codes: { lowest: -most, highest: most, zeroPoint: 0 } };
}

/** Weights as their codes hold them, computed in float32 as the training graph does. */
function onGrid(
  { shape, data }: Tensor,
  { channelAxis }: QuantizedLayer,
  scales: Float32Array,
  { codes: { lowest, highest, zeroPoint } }: WeightQuantizer,
): Tensor {
  const run = shape.slice(channelAxis + 1).reduce((product, size) => product * size, 1);
  const onto = (weight: number, at: number): number => {
    const scale = scales.length === 1 ? scales[0]! : scales[Math.floor(at / run) % scales.length]!;
    const steps = Math.max(lowest - zeroPoint, Math.min(highest - zeroPoint, Math.fround(weight / scale)));
    return roundHalfEven(steps) * scale;
  };
  return float32Tensor(shape, (data as Float32Array).map(onto));
}
