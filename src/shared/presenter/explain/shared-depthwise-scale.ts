import { formatNumber } from '../../format';
import { differenceText, type Rule } from './evidence';

/** Krishnamoorthi (2018), "Quantizing deep convolutional networks for efficient inference", section 3: depthwise weights need a scale a channel. */
export const sharedDepthwiseScale: Rule = {
  id: 'shared-depthwise-scale',
  shownIn: 'layers',
  explain({ own: { starvedLayer }, top1 }) {
    if (!starvedLayer || top1?.verdict !== 'loss') return undefined;
    const { node, channels, of } = starvedLayer;
    return `One scale for all weights of the depthwise layer "${node}" leaves ${formatNumber(channels)} of its ${formatNumber(of)} channels at most 3 of 127 steps: top-1 ${differenceText(top1)}. A scale for each channel avoids it.`;
  },
};
