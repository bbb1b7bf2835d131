import type { CompilerReport, EdgeTpuEstimate } from '../edgetpu';
import { formatBytes, formatNumber } from '../format';

const operators = (count: number): string => `${count} ${count === 1 ? 'operator' : 'operators'}`;

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
export function estimateText({
  operators: rows,
  onTpu,
  onCpu,
  parameterBytes,
  cacheBytes,
  streamedBytes,
}: EdgeTpuEstimate): string {
  const first = rows.find(({ mapped }) => !mapped);
  const reason = first === undefined ? '' : ` (${first.op}: ${first.reason})`;
  const mapped = onCpu === 0 ? `all ${operators(onTpu)}` : `${onTpu} of ${operators(onTpu + onCpu)}`;
  const stream = streamedBytes > 0 ? `: ${megabytes(streamedBytes)} will stream` : '';
  return `Estimate before compiling: ${mapped} on the Edge TPU${reason}, ${megabytes(parameterBytes)} of weights for about ${megabytes(cacheBytes)} on the chip${stream}.`;
}
