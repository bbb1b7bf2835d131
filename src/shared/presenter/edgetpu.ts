import type { CompilerReport, EdgeTpuEstimate, NetworkEstimate } from '../edgetpu';
import { formatBytes, formatCounted, formatNumber } from '../format';

const operators = (count: number): string => formatCounted(count, 'operator');

/** An estimate has no more digits than it knows. */
const megabytes = (bytes: number): string => `${formatNumber(bytes / 1e6, 1)} MB`;

/** "Edge TPU compiler 16.0.384591198: 64 of 65 operators on the Edge TPU; 3.9 MB of weights stay on the chip, none are streamed." */
export function compilerText(report: CompilerReport): string {
  const {
    compiler,
    onTpu,
    onCpu = 0,
    operations,
    onChipUsedBytes,
    onChipRemainingBytes,
    streamedBytes = 0,
    subgraphs = 1,
  } = report;
  const total = operations ?? (onTpu === undefined ? undefined : onTpu + onCpu);
  const mapped =
    onTpu === undefined || total === undefined ? undefined : `${onTpu} of ${operators(total)} on the Edge TPU`;
  const parts = subgraphs > 1 ? `in ${subgraphs} parts` : undefined;
  const left = onChipRemainingBytes === undefined ? '' : ` (room for ${formatBytes(onChipRemainingBytes)} more)`;
  const kept =
    onChipUsedBytes === undefined ? undefined : `${formatBytes(onChipUsedBytes)} of weights stay on the chip${left}`;
  const streamed =
    streamedBytes > 0 ? `${formatBytes(streamedBytes)} are sent anew for every inference` : 'none are streamed';
  const said = [mapped, parts, kept && `${kept}, ${streamed}`].filter(Boolean).join('; ');
  return `Edge TPU compiler${compiler === undefined ? '' : ` ${compiler}`}: ${said || 'it told nothing of the file'}.`;
}

/** "Left to the CPU: SOFTMAX (1: More than one subgraph is not supported)." Undefined where nothing is. */
export function leftToCpuText({ operators: rows }: CompilerReport): string | undefined {
  const left = rows.filter(({ status }) => status !== 'Mapped to Edge TPU');
  if (left.length === 0) return undefined;
  return `Left to the CPU: ${left.map(({ op, count, status }) => `${op} (${count}: ${status})`).join(', ')}.`;
}

/** "Estimate before compiling: all 65 operators on the Edge TPU, 3.9 MB of weights for about 6.8 MB on the chip." */
export const estimateText = (estimate: EdgeTpuEstimate): string =>
  `Estimate before compiling: ${placementText(estimate)}.`;

/** "resnet50: all 75 operators on the Edge TPU, 24.6 MB of weights for about 6.2 MB on the chip: 18.4 MB will stream". @param isSmaller what of the network will be left is not known */
function placementText(
  { operators: rows, onTpu, onCpu, parameterBytes, cacheBytes, streamedBytes }: EdgeTpuEstimate,
  isSmaller = false,
): string {
  const first = rows.find(({ mapped }) => !mapped);
  const reason = first === undefined ? '' : ` (${first.op}: ${first.reason})`;
  const mapped = onCpu === 0 ? `all ${operators(onTpu)}` : `${onTpu} of ${operators(onTpu + onCpu)}`;
  const most = isSmaller ? 'at most ' : '';
  const stream = streamedBytes > 0 ? `: ${most}${megabytes(streamedBytes)} will stream` : '';
  return `${mapped} on the Edge TPU${reason}, ${most}${megabytes(parameterBytes)} of weights for about ${megabytes(cacheBytes)} on the chip${stream}`;
}

/**
 * What the chip will make of networks after a recipe, before anything is compressed: "Estimate for the chip: mobilenetv2: all 65 operators ...".
 * @param recipe whether it leaves integers throughout, and less of the network than there was
 */
export function networksText(
  networks: readonly (NetworkEstimate & { name: string })[],
  recipe: { isQuantized: boolean; isSmaller: boolean },
): string {
  const texts = networks.map(({ name, chip, isQuantized }) =>
    recipe.isQuantized || isQuantized
      ? `${name}: ${placementText(chip, recipe.isSmaller)}`
      : `${name}: nothing on the Edge TPU, as it computes in floats`,
  );
  const isInFloats = !recipe.isQuantized && networks.every(({ isQuantized }) => !isQuantized);
  return isInFloats
    ? 'Estimate for the chip: it computes in floats, so nothing runs on the Edge TPU. A last step that quantizes weights and activations changes that.'
    : `Estimate for the chip: ${texts.join('; ')}.`;
}
