import { AppError } from '@shared/errors';
import type { SensitivityMethod } from '@shared/sensitivity';
import { nodesKept } from '../compression/layers/layer-choice';
import { measureSensitivity, type SensitivityVariant } from '../compression/sensitivity/layer-sensitivity';
import { formOf } from '../compression/layers/network-form';
import { plainGraph } from '../compression/layers/plain-graph';
import { bitsVariant, int8Variant, pruneVariant } from '../compression/sensitivity/sensitivity-variants';
import { StaticQuantizer } from '../compression/quantization/static-quantizer';
import { weightLayers, type WeightLayer } from '../compression/layers/weight-layers';
import { loadClassifier } from '../onnx/classifier-network';
import type { Graph } from '../onnx/graph';
import { simplify } from '../onnx/simplify';
import { obstacleTo, type Handling } from '../techniques/handling';
import { staticChoices, staticParams } from '../techniques/quantize-static';
import type { TechniqueContext } from '../compression/calibration/technique-context';
import type { JobReporter, JobResults, SensitivityJob } from './job';
import { jobContext } from './job-context';

const id = 'sensitivity';
/** Layers are changed one by one, each to a form of its own. */
const measuredForm: Handling = {
  takes: { weights: ['float', 'half', 'sparse', 'codes'], activations: ['float'], input: ['images', 'scaled'] },
  leaves: {},
};

/** Measures what each layer does to the output when it alone is compressed. */
export async function sensitivity(job: SensitivityJob, report: JobReporter): Promise<JobResults['sensitivity']> {
  const context = jobContext(job, report);
  const refuse = (detail: string): AppError =>
    new AppError('technique.not-applicable', { id, model: job.card.name, detail });
  const graph = await loadClassifier(job.modelPath, job.card);
  const obstacle = obstacleTo(measuredForm, formOf(graph));
  if (obstacle) throw refuse(`${obstacle.detail}; measure the float network it came from`);
  const float = simplify(await plainGraph(graph, id, job.card.name));
  const { layers, variants } = layersAndVariants(float, job.method, context);
  if (layers.length === 0) throw refuse('it has no convolution or matrix product with constant weights to change');
  let images = 0;
  const measured = await measureSensitivity(float, layers, variants, {
    images: context.calibration.count,
    counted: (count) => (images = count),
    id,
    context,
  });
  return { images, layers: measured };
}

function layersAndVariants(
  float: Graph,
  method: SensitivityMethod,
  context: TechniqueContext,
): { layers: WeightLayer[]; variants: SensitivityVariant[] } {
  switch (method.kind) {
    case 'int8': {
      const params = staticParams.parse(method.params);
      const excluded = nodesKept(float, params, id);
      const quantizer = new StaticQuantizer(float, staticChoices(params), context, id);
      const layers = [...quantizer.plan(float, (node) => excluded.has(node)).layers.values()];
      return { layers, variants: [int8Variant(quantizer)] };
    }
    case 'bits':
      return { layers: weightLayers(float), variants: method.bits.map(bitsVariant) };
    case 'prune':
      return { layers: weightLayers(float), variants: method.amounts.map(pruneVariant) };
  }
}
