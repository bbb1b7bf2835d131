import type { ChannelMap } from '@shared/channel-groups';
import { channelMap } from '../onnx/channel-map';
import { loadModel } from '../onnx/load';
import { simplify } from '../onnx/simplify';

/** Which channels of a model file can only be removed together. Channels of layers whose weights are stored in codes count as kept. */
export async function modelChannels(path: string): Promise<ChannelMap> {
  return channelMap(simplify(await loadModel(path)));
}
