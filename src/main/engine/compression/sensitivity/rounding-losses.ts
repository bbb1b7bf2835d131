import { defaultSensitivityImages } from '@shared/sensitivity';
import { copyGraph, type Graph, type Tensor } from '../../onnx/graph';
import { float32Tensor } from '../../onnx/make';
import type { TechniqueContext } from '../calibration/technique-context';
import { shrunkGram } from '../calibration/shrunk-gram';
import { correctedBias, importanceOf, visitLayers, type LayerInputs } from '../calibration/layer-inputs';
import { factorInputs, reconstruct, type InputFactor } from '../reconstruction/layer-reconstruction';
import { measureSensitivity, type SensitivityVariant } from './layer-sensitivity';
import { subMatrix, type Matrix, type MatrixProducts } from '../algebra/matrix-products';
import { withWeights } from './sensitivity-variants';
import { gridOfForm, type WeightForm } from '../storage/weight-forms';
import type { WeightLayer } from '../layers/weight-layers';
import { weightOfRows, weightRows } from '../layers/weight-rows';

/** What storing a layer in each form costs the network. */
export interface RoundingLoss {
  layer: string;
  weights: number;
  /** Divergence of the network's output (nats) with this layer alone in each form, in the order of the forms. */
  losses: number[];
  /** Measured in the network: with this layer alone rounded. */
  probes: { divergence: number; agreement: number }[];
}

/** Bits at which a layer is run in the network: coarse, but not so coarse that the output is lost, and fine. */
const probeBits = [3, 5] as const;
/** Rows of weights whose rounding stands for that of the layer. */
const sampledRows = 48;
const leastError = 1e-30;

interface Rounded {
  weights: Tensor;
  bias?: Tensor;
}

/** Output error of each form, on the scale of the layer, and the layer as it is in the probe forms. */
interface LayerErrors {
  errors: number[];
  rounded: Rounded[];
}

/** Every n-th row where there are many; groups of a convolution are small and taken whole. */
function sampleOf(rows: Matrix & { groups: number }): Matrix {
  const step = rows.groups > 1 ? 1 : Math.ceil(rows.rows / sampledRows);
  if (step === 1) return rows;
  const count = Math.ceil(rows.rows / step);
  const data = new Float32Array(count * rows.columns);
  for (let row = 0; row < count; row++)
    data.set(rows.data.subarray(row * step * rows.columns, (row * step + 1) * rows.columns), row * rows.columns);
  return { rows: count, columns: rows.columns, data };
}

/** Second-order rounding of `weights`, and the squared error of its output on calibration images. */
async function round(
  weights: Matrix,
  form: WeightForm,
  importance: Float32Array,
  factors: readonly InputFactor[],
  products: MatrixProducts,
): Promise<{ data: Float32Array; error: number }> {
  const grid = gridOfForm(weights, form, importance);
  const perGroup = weights.rows / factors.length;
  const data = new Float32Array(weights.data.length);
  let error = 0;
  for (const [group, factor] of factors.entries()) {
    const first = group * perGroup;
    const part = factors.length === 1 ? weights : subMatrix(weights, first, first + perGroup, 0, weights.columns);
    const result = await reconstruct(
      part,
      factor,
      (row, _column, value, loss) => {
        const nearest = grid.valueOf(first + row, grid.codeOf(first + row, value));
        error += loss * (value - nearest) ** 2;
        return nearest;
      },
      products,
    );
    data.set(result.data, first * weights.columns);
  }
  return { data, error };
}

async function secondOrderErrors(
  inputs: LayerInputs,
  forms: readonly WeightForm[],
  probes: readonly WeightForm[],
  products: MatrixProducts,
): Promise<LayerErrors> {
  const { rows, total } = inputs;
  const importance = importanceOf(total);
  const factors: InputFactor[] = [];
  for (const gram of total.grams) factors.push(await factorInputs(shrunkGram(gram, total.count), products));
  const sample = sampleOf(rows);
  const errors: number[] = [];
  for (const form of forms) errors.push((await round(sample, form, importance, factors, products)).error);
  const rounded: Rounded[] = [];
  for (const form of probes) {
    const { data } = await round(rows, form, importance, factors, products);
    const bias = correctedBias(inputs, data);
    const weights = weightOfRows(rows, data);
    rounded.push(bias ? { weights, bias: float32Tensor([rows.rows], bias) } : { weights });
  }
  return { errors, rounded };
}

/** For layers whose inputs cannot be gathered. */
function nearestErrors(layer: WeightLayer, forms: readonly WeightForm[], probes: readonly WeightForm[]): LayerErrors {
  const rows = weightRows(layer);
  const roundedTo = (form: WeightForm): { data: Float32Array; error: number } => {
    const grid = gridOfForm(rows, form);
    let error = 0;
    const data = rows.data.map((value, index) => {
      const row = Math.floor(index / rows.columns);
      const nearest = grid.valueOf(row, grid.codeOf(row, value));
      error += (value - nearest) ** 2;
      return nearest;
    });
    return { data, error };
  };
  return {
    errors: forms.map((form) => roundedTo(form).error),
    rounded: probes.map((form) => ({ weights: weightOfRows(rows, roundedTo(form).data) })),
  };
}

/**
 * The loss of each form from its output error, by the power law through the probes: loss = a error^p. Where the network is nearly linear p
 * is 1; coarse rounding of a delicate layer bends it.
 */
export function lossesFrom(errors: readonly number[], probes: readonly { error: number; loss: number }[]): number[] {
  const [coarse, fine] = probes.map(({ error, loss }) => ({
    error: Math.max(error, leastError),
    loss: Math.max(loss, leastError),
  })) as [{ error: number; loss: number }, { error: number; loss: number }];
  const slope = Math.log(coarse.loss / fine.loss) / Math.log(coarse.error / fine.error);
  const power = Number.isFinite(slope) ? Math.min(1.25, Math.max(0.75, slope)) : 1;
  return errors.map((error) => coarse.loss * (Math.max(error, leastError) / coarse.error) ** power);
}

/**
 * The loss of every layer in every form, with the rounding that will be used. The layer's output error on calibration images is computed for
 * each form (on a sample of its rows), and tied to what it does to the network's output by running the network with that layer alone
 * rounded in two of the forms; running it in all forms would take ten times as long.
 * @param graph plain float. Throws `technique.failed` without images, `cancelled`.
 */
export async function measureRoundingLosses(
  graph: Graph,
  layers: readonly WeightLayer[],
  forms: readonly WeightForm[],
  { id, images, context }: { id: string; images: number; context: TechniqueContext },
): Promise<RoundingLoss[]> {
  const probes = probeBits.map((bits) => forms.findIndex((form) => form.bits === bits));
  const probeForms = probes.map((at) => forms[at]!);
  const found = new Map<WeightLayer, LayerErrors>();
  await visitLayers(copyGraph(graph), graph, layers, { id, images, context }, async (inputs, _node, products) => {
    found.set(inputs.layer, await secondOrderErrors(inputs, forms, probeForms, products));
  });
  for (const layer of layers) if (!found.has(layer)) found.set(layer, nearestErrors(layer, forms, probeForms));
  const variants = probeForms.map(({ bits }, at): SensitivityVariant => ({
    label: `${bits} bit`,
    amount: bits,
    change(section, layer) {
      const { weights, bias } = found.get(layer)!.rounded[at]!;
      return withWeights(section, layer, weights, bias);
    },
  }));
  const measured = await measureSensitivity(graph, layers, variants, { id, images: defaultSensitivityImages, context });
  return layers.map((layer, at) => {
    const { errors } = found.get(layer)!;
    const { effects } = measured[at]!;
    const points = effects.map(({ divergence }, probe) => ({ error: errors[probes[probe]!]!, loss: divergence }));
    return {
      layer: layer.node.name,
      weights: layer.weight.data.length,
      losses: lossesFrom(errors, points),
      probes: effects.map(({ divergence, agreement }) => ({ divergence, agreement })),
    };
  });
}
