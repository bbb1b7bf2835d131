import { integerKernelWidth, raggedChannels } from '../../onnx/depthwise-width';
import type { Node } from '../../onnx/graph';

/** What to say of depthwise layers with widths that integer kernels are slow for; undefined where there are none. */
export function raggedWidthsSentence(layers: Iterable<Node>): string | undefined {
  const ragged = [...layers].filter((node) => raggedChannels(node) !== undefined);
  if (ragged.length === 0) return undefined;
  const [layerWord, verb] = ragged.length === 1 ? ['layer has', 'runs'] : ['layers have', 'run'];
  return `${ragged.length} depthwise ${layerWord} channels that are no multiple of ${integerKernelWidth} and ${verb} slowly in integers; where channels were pruned, roundTo ${integerKernelWidth} avoids it.`;
}
