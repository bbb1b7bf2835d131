import type { Graph, Node } from '../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import type { TechniqueContext } from '../calibration/technique-context';
import type { ValueObservation } from '../calibration/activation-observer';
import { activationRange, type RangeMethod } from '../calibration/activation-range';
import type { ActivationCodes, AffineScale, Range } from '../algebra/affine-quantization';
import { observeActivations } from '../calibration/observe-activations';
import { plannedWidths, type BitWidths } from './bit-widths';
import { neededRange } from './needed-range';
import { integersOf, scalesOfPlan, type QdqPlan } from './qdq-plan';
import type { QdqChoices } from './qdq-rewrite';
import type { QuantizerProfile } from './quantizer-profile';
import { weightCodes, type WeightChoices, type WeightCodes } from '../storage/weight-codes';

export interface StaticChoices {
  weights: 'channel' | 'tensor';
  calibration: RangeMethod;
  percentile: number;
  weightScheme: WeightChoices['scheme'];
  weightRange: WeightChoices['range'];
  reduceRange: boolean;
  format: 'qdq' | 'qoperator';
  profile: QuantizerProfile;
  /** 8 everywhere where it is not said. */
  bits?: BitWidths;
}

const eightBits: BitWidths = { weights: 8, activations: 8, edges: 8 };

/** One range per group of values that share a scale: it holds that of any of them. */
function groupScales(
  plan: QdqPlan,
  observations: ReadonlyMap<string, ValueObservation>,
  rangeOf: (value: string, observation: ValueObservation) => Range,
  scaleFor: (range: Range, group: string) => AffineScale,
): Map<string, AffineScale> {
  const merged = new Map<string, Range>();
  for (const value of plan.values) {
    const observation = observations.get(value);
    if (!observation || plan.derived.has(value)) continue;
    const range = rangeOf(value, observation);
    const group = plan.groupOf(value);
    const known = merged.get(group) ?? range;
    merged.set(group, { min: Math.min(known.min, range.min), max: Math.max(known.max, range.max) });
  }
  return new Map([...[...merged].map(([group, range]) => [group, scaleFor(range, group)] as const), ...plan.fixed]);
}

/** Makes the choices of static int8 for any plan over one float network; observations and weight codes are shared between plans. */
export class StaticQuantizer {
  private readonly observations = new Map<string, ValueObservation>();
  private readonly codes = new Map<Node, WeightCodes>();
  private readonly index: GraphIndex;

  constructor(
    private readonly float: Graph,
    private readonly params: StaticChoices,
    private readonly context: TechniqueContext,
    private readonly id: string,
  ) {
    this.index = indexGraph(float);
  }

  /** Equal for quantizers that make the same choices for the same network and images. */
  get key(): unknown {
    const { calibration, percentile, weights, weightScheme, weightRange, reduceRange, profile, bits } = this.params;
    return [
      calibration,
      percentile,
      weights,
      weightScheme,
      weightRange,
      reduceRange,
      profile.key,
      ...(bits ? [bits] : []),
    ];
  }

  /** What is quantized of the network, or of a section of it. */
  plan(graph: Graph, isExcluded?: (node: Node) => boolean): QdqPlan {
    return this.params.profile.plan(graph, isExcluded);
  }

  /** @param plan over the network or a section of it. Throws as `observeActivations` does. */
  async choicesFor(plan: QdqPlan): Promise<QdqChoices> {
    const { calibration, percentile, weights, weightScheme: scheme, weightRange: range, reduceRange } = this.params;
    const { activations, isExplicit, inputRange = (range: Range): Range => range } = this.params.profile;
    const widths = plannedWidths(this.float, plan, this.params.bits ?? eightBits);
    const codesFor = (value: string): ActivationCodes => activations.inBits(widths.ofValue(value));
    await this.observe(plan);
    const rangeOf = (value: string, observation: ValueObservation): Range => {
      // Few levels are badly spent on the whole range.
      const isFew = widths.ofValue(value) < 8;
      const method = isFew && calibration === 'min-max' ? 'mse' : calibration;
      const seen = activationRange(observation, method, percentile, codesFor(value));
      const { min, max } = this.index.isInput(value) ? inputRange(seen) : seen;
      const needed = neededRange(this.float, value, this.index, max);
      return { min: Math.max(min, needed.min), max: Math.min(max, needed.max) };
    };
    const scales = groupScales(plan, this.observations, rangeOf, (range, group) => codesFor(group).scaleOf(range));
    const perChannel = weights === 'channel';
    return {
      perChannel,
      codesOf: ({ node, weight, channelAxis }) => {
        const known = this.codes.get(node);
        const choices = { perChannel, scheme, range, reduceRange, bits: widths.ofLayer(node) };
        const codes = known ?? weightCodes(weight, channelAxis, choices);
        this.codes.set(node, codes);
        return codes;
      },
      withZeroPoints: this.params.format === 'qoperator',
      isExplicit,
      scaleOf: scalesOfPlan(plan, (value) => scales.get(plan.groupOf(value))!),
      limitsOf(value) {
        const isFull = widths.ofValue(value) === 8 || plan.fixed.has(integersOf(plan, value));
        return isFull ? undefined : codesFor(value);
      },
    };
  }

  /** Observes what the plan quantizes, and what a plan without exclusions would: recipes that exclude different layers share one pass. */
  private async observe({ values }: QdqPlan): Promise<void> {
    if (values.every((value) => this.observations.has(value))) return;
    const wanted = [...new Set([...this.plan(this.float).values, ...values])];
    const found = await observeActivations(this.float, wanted, this.context, this.id);
    for (const [value, observation] of found) this.observations.set(value, observation);
  }
}
