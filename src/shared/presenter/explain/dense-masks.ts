import { formatPercent } from '../../format';
import { compareExact } from '../comparison';
import { differenceText, type FileAndAccuracy, type Rule } from './evidence';

const worthSaying = 0.1;

const zeroShare = ({ params, nonZeroParams }: FileAndAccuracy): number =>
  params && nonZeroParams !== undefined ? 1 - nonZeroParams / params : 0;

/** More weights are zero, and as many are multiplied as before. */
export function isMasked(own: FileAndAccuracy, reference: FileAndAccuracy): boolean {
  const isWhole = own.macs !== undefined && reference.macs !== undefined && own.macs > 0.99 * reference.macs;
  return isWhole && zeroShare(own) - zeroShare(reference) > worthSaying;
}

/** Kernels of ONNX Runtime are dense: a zero is multiplied like any other weight. */
export const denseMasks: Rule = {
  id: 'dense-masks',
  shownIn: 'metrics',
  explain({ own, reference, time }) {
    if (!time || time.verdict === 'gain' || !isMasked(own, reference)) return undefined;
    const size = own.sizeBytes === undefined ? undefined : compareExact(own.sizeBytes, reference.sizeBytes);
    const smaller = size?.verdict === 'gain' ? `the file is ${size.text}, ` : '';
    return `${formatPercent(100 * zeroShare(own), 0)} of the weights are zero, but kernels multiply zeros too: ${smaller}the time ${differenceText(time)}. Only channels and layers that are gone save time.`;
  },
};
