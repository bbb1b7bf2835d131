import { absent, formatBytes, formatCount, formatCounted, formatMsValue, formatNumber } from '@shared/format';
import type { LayerComparison, LayerFacts, LayerReport } from '@shared/layers';
import { textTable } from './text-table';

/** One value of a layer, before and after. */
const facts: readonly { title: string; text: (layer: LayerFacts) => string }[] = [
  { title: 'channels', text: (layer) => `${layer.inputChannels}×${layer.outputChannels}` },
  { title: 'MACs', text: (layer) => formatCount(layer.macs) },
  { title: 'zeros %', text: (layer) => formatNumber(100 * layer.sparsity, 1) },
  { title: 'stored', text: (layer) => formatBytes(layer.bytes) },
  { title: 'ms', text: (layer) => formatMsValue(layer.milliseconds) },
  { title: 'of time %', text: (layer) => formatNumber(100 * layer.latencyShare, 1) },
];

/** The layers of two files as a table for a terminal: "before → after", or one value where both are the same. */
export function layersText(report: LayerReport): string {
  const columns = [
    { title: 'layer' },
    { title: 'operator' },
    ...facts.map(({ title }) => ({ title, align: 'right' as const })),
    { title: 'error', align: 'right' as const },
  ];
  const rows = report.layers.map((layer) => [
    layer.name,
    change(layer, (each) => each.op),
    ...facts.map(({ text }) => change(layer, text)),
    layer.error === undefined ? absent : errorText(layer.error),
  ]);
  const rest = (['before', 'after'] as const).map(
    (side) =>
      `${formatMsValue(report.rest[side].milliseconds)} ms (${formatNumber(100 * report.rest[side].share, 1)} %)`,
  );
  const legend =
    report.images === 0
      ? 'error: give --data DIR to compare the outputs of layers on calibration images'
      : `error: squared difference of the layer's output to the float network's over its square, ${formatCounted(report.images, 'calibration image')}`;
  return `${textTable(columns, rows)}\nbetween layers: ${rest.join(' → ')}\n${legend}\n`;
}

/** Relative errors span many orders: two digits. */
function errorText(error: number): string {
  return error >= 0.001 ? error.toPrecision(2) : error.toExponential(1);
}

function change({ before, after }: LayerComparison, text: (layer: LayerFacts) => string): string {
  if (!before || !after) return before ? `${text(before)} → gone` : `new → ${text(after!)}`;
  const [old, now] = [text(before), text(after)];
  return old === now ? now : `${old} → ${now}`;
}
