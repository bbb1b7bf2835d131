import type { EstimatedGradient } from '../../gradients/estimated-gradient';
import { FreshNames } from '../../onnx/fresh-names';
import { copyGraph, type Graph, type Tensor } from '../../onnx/graph';
import { float32Tensor } from '../../onnx/make';
import { scalesUnder, unitFactors, writeScale, type LearnedScale } from '../quantization/learned-scale';
import type { ParameterGroup } from '../step-graph';
import type { FreeScale } from './activation-sketch';
import { LeadingWriter } from './leading-writer';

/** Of the learning rate of roundings, that of the factor each scale is multiplied with. */
const scaleRate = 0.05;

interface LearnedSteps {
  graph: Graph;
  parameters: Map<string, ParameterGroup>;
  estimated: Map<string, EstimatedGradient>;
  /** The scales with what was learned, by the names of the constants. */
  scales(learned: ReadonlyMap<string, Tensor>): Map<string, Tensor>;
}

/**
 * The graph with scales of activations that are learned (Esser et al. 2020, "Learned step size quantization"): the gradient comes through the
 * division before and the product behind the rounding, which lets it pass. The graph is not changed.
 */
export function learnSteps(graph: Graph, free: readonly FreeScale[]): LearnedSteps {
  const result = copyGraph(graph);
  const fresh = new FreshNames(result);
  const write = new LeadingWriter(result, fresh);
  const parameters = new Map<string, ParameterGroup>();
  const estimated: LearnedSteps['estimated'] = new Map();
  const scales = free.map(({ name, most }): [name: string, scale: LearnedScale] => {
    const scale = { factors: fresh.like(`${name}.factor`), start: result.initializers.get(name)!, most };
    result.initializers.set(scale.factors, unitFactors(scale));
    parameters.set(scale.factors, { weightDecay: 0, rate: scaleRate });
    result.initializers.delete(name);
    write.emit('Identity', [writeScale(write, scale, estimated)], {}, name);
    return [name, scale];
  });
  write.prepend();
  return {
    graph: result,
    parameters,
    estimated,
    scales: (learned) =>
      new Map(
        scales.map(([name, scale]) => [name, float32Tensor([1], scalesUnder(scale, learned.get(scale.factors)))]),
      ),
  };
}
