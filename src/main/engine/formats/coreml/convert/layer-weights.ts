import { transposedNumbers } from '../../../compression/algebra/transpose-matrix';
import type { CodedWeights } from '../../../compression/storage/codebook';
import { intAttribute } from '../../../onnx/attributes';
import { elementCount, type Graph, type Node, type Tensor } from '../../../onnx/graph';
import type { GraphIndex } from '../../../onnx/graph-index';
import { decodeCodes } from '../../../compression/algebra/decode-codes';
import type { LayerWeights, Steps } from './weights';

/** Which weights the ONNX file stores in fewer bytes than numbers take. */
export interface PackedLayers {
  /** The layers that read them, by name: a batch norm that is folded into one gives its weights another name. */
  layers: ReadonlySet<string>;
  /** Their codes where these are told, by the names of the weights. */
  codes: ReadonlyMap<string, CodedWeights>;
}

/** Weights of a layer before they are read. */
interface FoundWeights {
  /** Output channels first. */
  shape: readonly number[];
  read(): LayerWeights;
}

/**
 * The weights of a layer, output channels first; undefined where they are no constant.
 * @param channelAxis 0, or 1 of a matrix `[inputs, outputs]`
 */
export function layerWeights(
  graph: Graph,
  index: GraphIndex,
  packed: PackedLayers,
  layer: Node,
  channelAxis: number,
): FoundWeights | undefined {
  const name = layer.inputs[1] ?? '';
  const isTurned = channelAxis === 1;
  const rows = (shape: readonly number[]): readonly number[] => (isTurned ? [shape[1]!, shape[0]!] : shape);
  const tensor = graph.initializers.get(name);
  if (tensor?.type === 'float32') {
    const shape = rows(tensor.shape);
    const read = (): LayerWeights => {
      const values = isTurned ? turned<Float32Array>(tensor) : (tensor.data as Float32Array);
      const coded = packed.codes.get(name);
      const steps = coded && stepsOf(coded, values, shape, isTurned);
      return { shape, values, isPacked: packed.layers.has(layer.name), ...(steps && { steps }) };
    };
    return { shape, read };
  }
  const node = index.producer(name);
  const codes = graph.initializers.get(node?.inputs[0] ?? '');
  const scale = graph.initializers.get(node?.inputs[1] ?? '');
  if (node?.op !== 'DequantizeLinear' || scale?.type !== 'float32' || !codes) return undefined;
  if (codes.type !== 'int8' && codes.type !== 'uint8') return undefined;
  const count = scale.data.length;
  const axis = intAttribute(node, 'axis', 1);
  const along = axis < 0 ? axis + codes.shape.length : axis;
  if (count !== 1 && (along !== channelAxis || count !== codes.shape[channelAxis])) return undefined;
  const shape = rows(codes.shape);
  const read = (): LayerWeights => {
    const zeros = graph.initializers.get(node.inputs[2] ?? '');
    const steps: Steps = {
      codes: isTurned ? turned<Int8Array | Uint8Array>(codes) : (codes.data as Int8Array | Uint8Array),
      scale: scale.data as Float32Array,
      zero: Float32Array.from({ length: count }, (_, row) =>
        Number(zeros?.data[zeros.data.length === 1 ? 0 : row] ?? 0),
      ),
    };
    return { shape, values: decoded(steps, shape[0]!), steps, isPacked: true };
  };
  return { shape, read };
}

function turned<T extends Float32Array | Int8Array | Uint8Array>({ data, shape }: Tensor): T {
  const [inputs, outputs] = shape as [number, number];
  return transposedNumbers(data as T, inputs, outputs);
}

const decoded = (steps: Steps, rows: number): Float32Array =>
  decodeCodes(steps.codes, steps, steps.codes.length / rows);

/** Codes with a scale and a zero, where weights still are what these stand for. */
function stepsOf(
  { codes, decode, permutation, rowLength }: CodedWeights,
  values: Float32Array,
  shape: readonly number[],
  isTurned: boolean,
): Steps | undefined {
  if (!('scale' in decode) || (permutation !== undefined) !== isTurned || codes.length !== elementCount(shape))
    return undefined;
  const [rows, length] = [shape[0]!, codes.length / shape[0]!];
  if (decode.scale.length > 1 && rowLength % length !== 0) return undefined;
  const spread = (numbers: Float32Array): Float32Array =>
    Float32Array.from({ length: decode.scale.length === 1 && decode.zeroPoint.length === 1 ? 1 : rows }, (_, row) =>
      numbers.length === 1 ? numbers[0]! : numbers[Math.floor((row * length) / rowLength)]!,
    );
  const steps = { codes, scale: spread(decode.scale), zero: spread(decode.zeroPoint) };
  return decoded(steps, rows).every((value, index) => value === values[index]) ? steps : undefined;
}
