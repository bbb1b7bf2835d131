import { AppError } from '@shared/errors';
import type { Graph } from '../../../onnx/graph';
import type { TfliteModel } from '../model';
import { Conversion } from './conversion';
import { prepare } from '../../from-onnx/prepare';
import { withFileValues, type FileValues } from './quantized/file-values';
import { integerNetwork } from './quantized/integer-network';
import { Inexpressible } from '../../from-onnx/inexpressible';

/**
 * The network of an ONNX graph as TensorFlow Lite: one image at a time, images `[1,H,W,C]`, inputs and outputs under their ONNX names.
 * @param graph an image classifier whose self-decoding weights are decoded; it is not changed. @param values numbers by default
 * Throws `format.unsupported-operator` naming every operator that has no counterpart, `format.no-codes`.
 */
export function convertGraph(graph: Graph, values: FileValues = floats): TfliteModel {
  const found = attempt(graph, values);
  if ('inexpressible' in found) throw unsupported(graph, found.inexpressible);
  try {
    return { description: 'Converted by Whittle', graphs: [found.conversion.finish()] };
  } catch (thrown) {
    if (thrown instanceof Inexpressible) throw unsupported(graph, [thrown.operator]);
    throw thrown;
  }
}

const floats: FileValues = { input: 'float32', output: 'float32' };

/** Operators of the graph that cannot be expressed, each once; no weight is converted. */
export function findUnsupported(graph: Graph): string[] {
  const found = attempt(graph, floats);
  return 'inexpressible' in found ? found.inexpressible : [];
}

function attempt(graph: Graph, values: FileValues): { conversion: Conversion } | { inexpressible: string[] } {
  try {
    const prepared = prepare(graph);
    const network = withFileValues(integerNetwork(prepared.graph), values, prepared.inputLayout);
    const conversion = new Conversion({ ...prepared, graph: network.graph }, network.types);
    conversion.run();
    const { inexpressible } = conversion;
    return inexpressible.size > 0 ? { inexpressible: [...inexpressible] } : { conversion };
  } catch (thrown) {
    if (thrown instanceof Inexpressible) return { inexpressible: [thrown.operator] };
    throw thrown;
  }
}

function unsupported(graph: Graph, operators: readonly string[]): AppError {
  return new AppError('format.unsupported-operator', {
    path: graph.origin ?? graph.name,
    format: 'tflite',
    operators: operators.join(', '),
  });
}
