import type { Graph, Node } from '../../onnx/graph';
import { biasValues } from '../layers/layer-constants';
import type { WeightRows } from '../layers/weight-rows';
import { addBatch, emptySums, writeGram, type GramExtent, type GramSums, type WrittenGram } from './gram';
import type { InputColumns } from './input-columns';
import { writeLayerError, type LayerInBoth } from './layer-error';
import type { PairedActivations } from './paired-activations';

/** A layer, and what it was in the network that it is compared with. */
export interface ComparedLayer extends LayerInBoth {
  probe: InputColumns;
  rows: WeightRows;
  /** The layer in the reference. Its rows may be a copy of its weights, so they are asked for only where they are needed. */
  whole: { node: Node; rows(): WeightRows };
}

/** rows of `data` times the summed input of each row's group, `[outputs]`. */
export function summedOutputs(
  { rows, columns, groups }: WeightRows,
  data: Float32Array,
  sums: Float64Array,
): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    const from = Math.floor(row / (rows / groups)) * columns;
    let sum = 0;
    for (let column = 0; column < columns; column++) sum += data[row * columns + column]! * sums[from + column]!;
    return sum;
  });
}

/**
 * Sums of a layer's input and, where the networks differ, of the error of its output, in parts to which batches go in turn. Where H is of the
 * diagonal only, the error is that of the sums: such a layer's weights are large, and a session would hold them several times.
 * @param graph the network as it is. @param reference the same graph: there are no errors
 */
export async function layerSums(
  activations: PairedActivations,
  [graph, reference]: readonly [graph: Graph, reference: Graph],
  compared: ComparedLayer,
  { extent, parts: count = 1 }: { extent: GramExtent; parts?: number },
): Promise<GramSums[]> {
  const { layer, probe, rows } = compared;
  const outputs = graph === reference ? 0 : rows.rows;
  const parts = Array.from({ length: count }, () => emptySums(probe, outputs, extent));
  const linear = outputs > 0 && extent === 'diagonal' ? linearErrorOf(graph, reference, compared) : undefined;
  // The reference may read channels that are gone.
  const wider = linear ? { ...probe, columns: linear.wholeRows.columns, groups: linear.wholeRows.groups } : probe;
  const wholes = linear ? parts.map(() => emptySums(wider, 0, extent)) : [];
  let [written, whole]: (WrittenGram | undefined)[] = [];
  await activations.observe(
    layer,
    (section) => {
      written = writeGram(
        section,
        probe,
        layer.inputs[0]!,
        outputs > 0 && !linear ? (writer) => ({ value: writeLayerError(writer, compared), outputs }) : undefined,
        extent,
      );
      if (linear) whole = writeGram(section, wider, compared.reference.inputs[0]!, undefined, extent);
    },
    (results, batch) => {
      addBatch(parts[batch % count]!, written!, results);
      if (whole) addBatch(wholes[batch % count]!, whole, results);
    },
  );
  if (linear) for (const [at, part] of parts.entries()) addErrors(part, wholes[at]!, compared, linear);
  return parts;
}

/** What an error follows from besides sums. */
interface LinearError {
  wholeRows: WeightRows;
  /** `[outputs]`, of the layer as it is and in the reference. */
  bias: Float32Array;
  wholeBias: Float32Array;
}

/** Undefined where the error is more than a difference of products and biases. */
function linearErrorOf(
  graph: Graph,
  reference: Graph,
  { layer, rows, whole, branch }: ComparedLayer,
): LinearError | undefined {
  if (branch) return undefined;
  const biasOf = (of: Graph, node: Node, outputs: number): Float32Array | undefined =>
    node.op === 'MatMul' ? new Float32Array(outputs) : biasValues(of, node, outputs);
  const wholeRows = whole.rows();
  const [bias, wholeBias] = [biasOf(graph, layer, rows.rows), biasOf(reference, whole.node, wholeRows.rows)];
  return bias && wholeBias && { wholeRows, bias, wholeBias };
}

function addErrors(part: GramSums, wholeSums: GramSums, { rows, channels }: ComparedLayer, linear: LinearError): void {
  const { wholeRows, bias, wholeBias } = linear;
  const now = summedOutputs(rows, rows.data, part.sums);
  const then = summedOutputs(wholeRows, wholeRows.data, wholeSums.sums);
  for (let row = 0; row < rows.rows; row++) {
    const at = channels?.[row] ?? row;
    part.errorSums[row] = then[at]! - now[row]! + part.count * (wholeBias[at]! - bias[row]!);
  }
}
