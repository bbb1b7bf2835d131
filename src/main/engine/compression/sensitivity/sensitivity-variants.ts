import { copyGraph, type Graph, type Tensor } from '../../onnx/graph';
import { indexGraph } from '../../onnx/graph-index';
import { float32Tensor } from '../../onnx/make';
import { affineGrid } from '../storage/few-bit-grid';
import { FreshNames } from '../../onnx/fresh-names';
import type { SensitivityVariant } from './layer-sensitivity';
import { markSmallest } from '../algebra/magnitude-selection';
import { rewriteQdq } from '../quantization/qdq-rewrite';
import type { StaticQuantizer } from '../quantization/static-quantizer';
import type { WeightLayer } from '../layers/weight-layers';
import { weightOfRows, weightRows } from '../layers/weight-rows';

/** The section with other weights (and another bias) in this layer alone, even where another shares them. */
export function withWeights(section: Graph, { node }: WeightLayer, weights: Tensor, bias?: Tensor): Graph {
  const result = copyGraph(section);
  const names = new FreshNames(section);
  const { inputs } = result.nodes[section.nodes.indexOf(node)]!;
  [weights, bias].forEach((tensor, at) => {
    if (!tensor) return;
    const name = names.next();
    inputs[at + 1] = name;
    result.initializers.set(name, tensor);
  });
  return result;
}

/** Weights, input and output of the layer in 8 bits, as `quantize.static` does it; an activation right behind belongs to the layer. */
export function int8Variant(quantizer: StaticQuantizer): SensitivityVariant {
  return {
    label: 'int8',
    amount: 8,
    async change(section, { node }) {
      const next = indexGraph(section).soleConsumer(node.outputs[0]!);
      const plan = quantizer.plan(
        section,
        (other) => other !== node && !(other === next && ['Relu', 'Clip'].includes(other.op)),
      );
      return rewriteQdq(section, plan, await quantizer.choicesFor(plan));
    },
  };
}

/** Weights in few bits, evenly spaced around zero with a scale per output channel, each to the nearest value. */
export function bitsVariant(bits: number): SensitivityVariant {
  return {
    label: `${bits} bit`,
    amount: bits,
    change(section, layer) {
      const rows = weightRows(layer);
      const grid = affineGrid(rows, { bits, rowsPerGroup: 1 }, true);
      const data = rows.data.map((value, index) => {
        const row = Math.floor(index / rows.columns);
        return grid.valueOf(row, grid.codeOf(row, value));
      });
      return withWeights(section, layer, weightOfRows(rows, data));
    },
  };
}

/** @param amount share of the layer's weights, the smallest, that become zero */
export function pruneVariant(amount: number): SensitivityVariant {
  return {
    label: `${Number((100 * amount).toFixed(2))} %`,
    amount,
    change(section, layer) {
      const { shape } = layer.weight;
      const data = layer.weight.data as Float32Array;
      const [marks] = markSmallest([data], Math.round(amount * data.length));
      const kept = data.map((value, index) => (marks![index] === 1 ? 0 : value));
      return withWeights(section, layer, float32Tensor(shape, kept));
    },
  };
}
