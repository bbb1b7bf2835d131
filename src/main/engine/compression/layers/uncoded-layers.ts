import type { Graph } from '../../onnx/graph';
import { weightStorage } from './network-form';
import { weightLayers, type WeightLayer } from './weight-layers';

/** The layers of `plain` whose weights are not in few bits in `stored`, the form in which the previous step left the network. */
export function uncodedLayers(stored: Graph, plain: Graph): WeightLayer[] {
  const storage = weightStorage(stored);
  return weightLayers(plain).filter(({ weightName }) => storage.get(weightName) !== 'codes');
}
