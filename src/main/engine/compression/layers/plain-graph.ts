import { AppError } from '@shared/errors';
import type { Graph } from '../../onnx/graph';
import { decodeWeights } from './decode-weights';
import { leastOpset, upgradeOpset } from '../../onnx/upgrade-opset';

/**
 * What a technique works on: a copy with plain weights, in an opset that has the operators techniques write.
 * Throws `technique.not-applicable` for an old network that cannot be brought there.
 */
export async function plainGraph(graph: Graph, id: string, model: string): Promise<Graph> {
  return currentGraph(await decodeWeights(graph), id, model);
}

/** As `plainGraph`, with weights stored as they are; the caller's own graph where it is new enough. */
export function currentGraph(graph: Graph, id: string, model: string): Graph {
  const upgraded = upgradeOpset(graph);
  if (!('unsupported' in upgraded)) return upgraded;
  const detail = `it is in ONNX opset ${graph.opsets['']} and its ${upgraded.unsupported} cannot be brought to opset ${leastOpset}; export it again with opset 17`;
  throw new AppError('technique.not-applicable', { id, model, detail });
}
