import { formatNumber } from '../../format';
import { differenceText, type Rule } from './evidence';

/** ConvInteger: ONNX Runtime runs it by a plain loop around a matrix product, and ranges are looked for in each image. */
export const dynamicConvolutions: Rule = {
  id: 'dynamic-convolutions',
  shownIn: 'time-ratio',
  explain({ own, time }) {
    const count = own.integerKernels?.dynamicConvolutions ?? 0;
    if (count === 0 || !time || time.verdict === 'gain') return undefined;
    const which =
      count === 1
        ? 'One convolution quantizes its inputs while it runs'
        : `${formatNumber(count)} convolutions quantize their inputs while they run`;
    return `${which} (ConvInteger), in slow kernels: time ${differenceText(time)}. Ranges taken from calibration images beforehand avoid it.`;
  },
};
