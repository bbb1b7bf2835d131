import { formatMs } from '../../format';
import { compareExact } from '../comparison';
import { isMasked } from './dense-masks';
import { differenceText, type Rule } from './evidence';

/** A file of few bits whose constants ONNX Runtime folds when a session opens runs the same float kernels as before. */
export const decodedAtLoad: Rule = {
  id: 'decoded-at-load',
  shownIn: 'metrics',
  explain({ own, reference, latency, referenceLatency, time }) {
    const isWhole = own.macs !== undefined && own.macs === reference.macs;
    if (!isWhole || isMasked(own, reference) || own.integerKernels?.layers !== 0) return undefined;
    const size = own.sizeBytes === undefined ? undefined : compareExact(own.sizeBytes, reference.sizeBytes);
    if (size?.verdict !== 'gain' || !time || (time.verdict !== 'unclear' && time.verdict !== 'same')) return undefined;
    const starts =
      latency && referenceLatency
        ? `, starting takes ${formatMs(latency.coldStartMs)} (before: ${formatMs(referenceLatency.coldStartMs)})`
        : '';
    return `The file is ${size.text} and runs in the same float kernels as before: time ${differenceText(time)}${starts}. It saves disk and downloads, not time.`;
  },
};
