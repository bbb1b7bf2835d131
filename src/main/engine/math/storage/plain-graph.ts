import { AppError } from '@shared/errors';
import type { Graph } from '../../onnx/graph';
import { decodeWeights } from './decode-weights';
import { leastOpset, upgradeOpset } from './upgrade-opset';

/**
 * What a technique works on: a copy with plain weights, in an opset that has the operators techniques write.
 * Throws `technique.not-applicable` for an old network that cannot be brought there.
 */
export async function plainGraph(graph: Graph, id: string, model: string): Promise<Graph> {
  const upgraded = upgradeOpset(await decodeWeights(graph));
  if (!('unsupported' in upgraded)) return upgraded;
  const detail = `it is in ONNX opset ${graph.opsets['']} and its ${upgraded.unsupported} cannot be brought to opset ${leastOpset}; export it again with opset 17`;
  throw new AppError('technique.not-applicable', { id, model, detail });
}
