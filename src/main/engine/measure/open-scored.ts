import type { ModelCard } from '@shared/model-card';
import { scoresOnly } from '../onnx/classifier-network';
import { loadModel } from '../onnx/load';
import { encodeModel } from '../onnx/save';
import type { Runtime, Session, SessionOptions } from '../runtimes/runtime';

/**
 * A session that gives the class scores. The file itself, but where its card names a value within the network, as for one that ends in an
 * ArgMax: then the network with that value for an output.
 * Throws what `Runtime.open` and `loadModel` throw.
 */
export async function openScored(
  runtime: Runtime,
  path: string,
  card: ModelCard,
  options: SessionOptions,
): Promise<Session> {
  const session = await runtime.open(path, options);
  if (session.outputNames.includes(card.output.name) || runtime.format !== 'onnx') return session;
  const graph = scoresOnly(await loadModel(path), card.output.name);
  if (!graph) return session;
  await session.close();
  return runtime.open(encodeModel(graph), options);
}
