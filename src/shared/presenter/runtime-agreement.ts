import { absent, formatNumber, percentDecimals } from '../format';
import type { RuntimeAgreement } from '../metrics';
import type { TrialView } from '../run';

/** How a deployment of a trial answers beside ONNX Runtime, ready to show. */
export interface AgreementReading {
  /** "openvino {precision:default}". */
  deployment: string;
  /** "bf16"; a dash where the runtime does not tell. */
  precision: string;
  /** Share of images with the same first class as `reference`, %. */
  agreement: string;
  /** "3 steps", "1.2e-6 (0.0001 % of the largest score)". */
  difference: string;
  reference: string;
  n: number;
}

/** Each deployment that ONNX Runtime answered the same artifact for. */
export function agreementReadings({ metrics }: Pick<TrialView, 'metrics'>): AgreementReading[] {
  return (metrics.deployments ?? []).flatMap(({ runtime, name, precision, besideOnnxRuntime }): AgreementReading[] => {
    if (!besideOnnxRuntime) return [];
    const { agreement, n, reference } = besideOnnxRuntime;
    return [
      {
        deployment: name ?? runtime,
        precision: precision ?? absent,
        agreement: formatNumber(agreement, percentDecimals(n)),
        difference: differenceText(besideOnnxRuntime),
        reference,
        n,
      },
    ];
  });
}

/** "openvino answers 99.8 % of 1,000 images as ort-cpu does; largest difference of a score: 3 steps". */
export function agreementSentence({
  deployment,
  precision,
  agreement,
  difference,
  reference,
  n,
}: AgreementReading): string {
  const computes = precision === absent ? '' : ` (${precision})`;
  const scores = difference === absent ? '' : `; largest difference of a score: ${difference}`;
  return `${deployment}${computes} answers ${agreement} % of ${formatNumber(n)} images as ${reference} does${scores}`;
}

export const agreementAbout =
  'The same artifact in other runtimes, beside ONNX Runtime: images with the same first class, and the largest difference of a score among the best five classes of both, in steps of the output’s codes where there are codes.';

function differenceText(measured: RuntimeAgreement): string {
  const { largestDifference, largestDifferenceSteps: steps, largestRelativeDifference: share } = measured;
  if (largestDifference === undefined) return absent;
  if (largestDifference === 0) return 'none';
  if (steps !== undefined) {
    const isWhole = Math.abs(steps - Math.round(steps)) < 0.01;
    const text = formatNumber(steps, isWhole ? 0 : 1);
    return `${text} ${text === '1' ? 'step' : 'steps'}`;
  }
  return `${brief(largestDifference)} (${brief(100 * (share ?? NaN))} % of the largest score)`;
}

/** Two digits are enough to see how large it is. */
const brief = (value: number): string => String(Number(value.toPrecision(2)));
