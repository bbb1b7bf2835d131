import { AppError } from '@shared/errors';
import type { Graph } from '../../../onnx/graph';
import type { TfliteModel } from '../model';
import { Conversion } from './conversion';
import { prepare } from './prepare';
import { integerNetwork } from './quantized/integer-network';
import { Inexpressible } from './rule';

/**
 * The network of an ONNX graph as TensorFlow Lite: one image at a time, images `[1,H,W,C]`, inputs and outputs under their ONNX names.
 * @param graph an image classifier whose self-decoding weights are decoded; it is not changed
 * Throws `format.unsupported-operator` naming every operator that has no counterpart.
 */
export function convertGraph(graph: Graph): TfliteModel {
  const found = attempt(graph);
  if ('inexpressible' in found) throw unsupported(graph, found.inexpressible);
  return { description: 'Converted by Whittle', graphs: [found.conversion.finish()] };
}

/** Operators of the graph that cannot be expressed, each once; no weight is converted. */
export function findUnsupported(graph: Graph): string[] {
  const found = attempt(graph);
  return 'inexpressible' in found ? found.inexpressible : [];
}

function attempt(graph: Graph): { conversion: Conversion } | { inexpressible: string[] } {
  try {
    const prepared = prepare(graph);
    const { graph: inCodes, types } = integerNetwork(prepared.graph);
    const conversion = new Conversion({ ...prepared, graph: inCodes }, types);
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
