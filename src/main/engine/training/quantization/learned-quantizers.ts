import {
  asymmetricActivations,
  scalesThatHoldBias,
  symmetricActivations,
  type CodeRange,
} from '../../compression/algebra/affine-quantization';
import { integersOf, type QdqPlan, type QuantizedLayer } from '../../compression/quantization/qdq-plan';
import type { CodeLimits, QdqChoices } from '../../compression/quantization/qdq-rewrite';
import { boundsOf } from '../../compression/quantization/value-bounds';
import type { FreshNames } from '../../onnx/fresh-names';
import type { Graph, Tensor } from '../../onnx/graph';
import { float32Tensor } from '../../onnx/make';
import { farthest, mostUpTo, type LearnedScale } from './learned-scale';

/** How a group of values is rounded. */
export interface ValueQuantizer extends CodeLimits {
  scale: LearnedScale;
  zeroPoint: number;
  /** The parameter that holds the zero point, where it is learned. */
  learnedZeroPoint: string | undefined;
  /** Its scale and zero point stay those of calibration. */
  isFixed: boolean;
}

/** How the weights of a layer are rounded. */
export interface WeightQuantizer {
  scale: LearnedScale;
  codes: CodeRange;
  /** Weights and scale stay as they are. */
  isFixed: boolean;
  /** 0 where the scale is what the bias asks for and does not change; undefined where all may. */
  mask: Tensor | undefined;
}

/** The most that the factor of a scale may be: runtimes drop an activation whose bounds the codes do not pass. @param levels above 0 */
export function mostWithin(
  graph: Graph,
  plan: QdqPlan,
  group: string,
  { scale, levels }: { scale: number; levels: number },
): number {
  const ends = [...plan.absorbed]
    .filter(({ outputs }) => integersOf(plan, outputs[0]!) === group)
    .map((node) => boundsOf(node, graph)[1]);
  return Math.min(farthest, ...ends.map((end) => mostUpTo(end, scale, levels)));
}

/**
 * What is learned of the quantizers of a plan, beginning where calibration put them. Names of parameters are the same for every copy of the
 * network.
 */
export class LearnedQuantizers {
  private readonly named = new Map<string, string>();

  /**
   * @param names of the network before any copy of it
   * @param kept names of weights that are not trained
   */
  constructor(
    private readonly choices: QdqChoices,
    private readonly names: FreshNames,
    private readonly kept: ReadonlySet<string>,
  ) {}

  private nameOf(kind: string, of: string): string {
    const wanted = `${of}/${kind}`;
    const name = this.named.get(wanted) ?? this.names.like(wanted);
    this.named.set(wanted, name);
    return name;
  }

  /** The quantizer of a value that is no product with a constant. @param plan over that graph */
  ofValue(graph: Graph, plan: QdqPlan, value: string): ValueQuantizer {
    const group = integersOf(plan, value);
    const { scale, zeroPoint } = this.choices.scaleOf(group);
    const { lowest, highest } =
      this.choices.limitsOf?.(group) ?? (this.choices.isExplicit ? symmetricActivations : asymmetricActivations);
    // What goes into the network is given, what a kernel prescribes too.
    const isFixed = plan.fixed.has(group) || graph.inputs.some(({ name }) => integersOf(plan, name) === group);
    const isLearned = !isFixed && !this.choices.isExplicit && zeroPoint > lowest && zeroPoint < highest;
    const most = mostWithin(graph, plan, group, { scale, levels: highest - zeroPoint });
    return {
      scale: { factors: this.nameOf('scale', group), start: float32Tensor([1], [scale]), most },
      zeroPoint,
      learnedZeroPoint: isLearned ? this.nameOf('zero point', group) : undefined,
      lowest,
      highest,
      isFixed,
    };
  }

  /** The quantizer of a layer's weights: layers that share weights share it. @param plan that the layer is of */
  ofWeights(plan: QdqPlan, layer: QuantizedLayer): WeightQuantizer {
    const { weightName, weight, channelAxis } = layer;
    const { perChannel, isExplicit, codesOf, scaleOf } = this.choices;
    const { scales, codes } = codesOf(layer);
    const sharing = [...plan.layers.values()].filter((other) => keyOf(other) === keyOf(layer));
    const held = sharing.reduce(
      (least, { node, bias }) =>
        scalesThatHoldBias(least, scaleOf(node.inputs[0]!).scale, isExplicit ? undefined : bias),
      scales,
    );
    const shape = perChannel ? weight.shape.map((size, axis) => (axis === channelAxis ? size : 1)) : [1];
    const mayChange = held.map((scale, at) => (scale === scales[at] ? 1 : 0));
    return {
      scale: {
        factors: this.nameOf(`scale ${channelAxis}`, weightName),
        start: float32Tensor(shape, held),
        most: farthest,
      },
      codes,
      isFixed: this.kept.has(weightName),
      mask: mayChange.includes(0) ? float32Tensor(shape, mayChange) : undefined,
    };
  }
}

/** Layers with the same weights, read in the same way. */
export const keyOf = ({ weightName, channelAxis }: QuantizedLayer): string => `${channelAxis} ${weightName}`;
