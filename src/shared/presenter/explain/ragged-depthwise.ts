import { formatNumber } from '../../format';
import { differenceText, type Rule } from './evidence';

/** Integer depthwise kernels take 16 channels at a time; what is left over goes channel by channel. */
export const raggedDepthwise: Rule = {
  id: 'ragged-depthwise',
  shownIn: 'layers',
  explain({ own, time }) {
    const ragged = own.integerKernels?.raggedDepthwise;
    if (!ragged || !time) return undefined;
    const { layers, node, channels, multipleOf } = ragged;
    const which =
      layers === 1
        ? `The depthwise layer "${node}" has ${formatNumber(channels)} channels, no multiple of ${multipleOf}, and runs`
        : `${formatNumber(layers)} depthwise layers ("${node}" with ${formatNumber(channels)} channels is the first) have no multiple of ${multipleOf} channels and run`;
    return `${which} slowly in integers: time ${differenceText(time)}. Widths rounded to ${multipleOf} avoid it.`;
  },
};
