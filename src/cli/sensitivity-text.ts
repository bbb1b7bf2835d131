import { absent, formatCount, formatCounted, formatNumber } from '@shared/format';
import type { LayerEffect, SensitivityReport } from '@shared/sensitivity';
import { disturbance, worstFirst } from '@shared/sensitivity-order';
import { textTable } from './text-table';

const barWidth = 10;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A share of 0 to 1 as a bar, to an eighth of a character; what is not nothing is seen. */
export function textBar(share: number): string {
  const parts = share > 0 ? Math.max(1, Math.round(share * barWidth * 8)) : 0;
  return '█'.repeat(parts >> 3) + eighths[parts & 7]!;
}

/** The ends of layer names tell them apart more often than their middles. */
export function shortened(name: string, width: number): string {
  if (name.length <= width) return name;
  const tail = Math.ceil((width - 1) * 0.6);
  return `${name.slice(0, width - 1 - tail)}…${name.slice(name.length - tail)}`;
}

const right = 'right' as const;
const decibels = ({ sqnrDb }: LayerEffect): string => (sqnrDb === null ? absent : formatNumber(sqnrDb, 1));

/** Layers as a table for a terminal `width` characters wide, worst first: one effect with its numbers, or agreement by amount. */
export function sensitivityText({ layers, method, images, model }: SensitivityReport, width: number): string {
  const sorted = worstFirst(layers);
  const worst = disturbance(sorted[0]!);
  const weights = layers.reduce((sum, layer) => sum + layer.weights, 0);
  const share = (of: number): string => formatNumber((100 * of) / weights, 1);
  const amounts = method.kind === 'prune' || sorted[0]!.effects.length > 1;
  const columns = [
    { title: 'layer' },
    { title: '' },
    ...(amounts
      ? sorted[0]!.effects.map(({ label }) => ({ title: label, align: right }))
      : ['KL', 'SQNR dB', 'agree %'].map((title) => ({ title, align: right }))),
    { title: 'weights', align: right },
    { title: 'of all %', align: right },
  ];
  const rows = sorted.map((layer) => [
    layer.layer,
    textBar(worst > 0 ? disturbance(layer) / worst : 0),
    ...(amounts
      ? layer.effects.map((effect) => formatNumber(effect.agreement, 1))
      : layer.effects.flatMap((effect) => [
          formatNumber(effect.divergence, 4),
          decibels(effect),
          formatNumber(effect.agreement, 1),
        ])),
    formatCount(layer.weights),
    share(layer.weights),
  ]);
  const rest = textTable(
    columns,
    rows.map((cells) => ['', ...cells.slice(1, 2).map((bar) => bar.padEnd(barWidth)), ...cells.slice(2)]),
  );
  const taken = Math.max(...rest.split('\n').map((line) => line.length)) - 'layer'.length;
  const room = Math.max(16, width - taken);
  const table = textTable(
    columns,
    rows.map(([name = '', ...cells]) => [shortened(name, room), ...cells]),
  );
  const what = { int8: 'in int8', bits: `with ${labelsOf(layers)} weights`, prune: 'pruned' }[method.kind];
  const legend = amounts
    ? 'Columns: % of images whose predicted class stays that of the float network.\nBar: KL divergence of the class probabilities, all columns together.'
    : 'KL: divergence of the class probabilities in nats, also the bar.\nSQNR: of the class scores. agree: images whose predicted class stays.';
  return `${model}: each layer alone ${what}, ${formatCounted(images, 'calibration image')}, worst first\n\n${table}\n${legend}\n`;
}

const labelsOf = (layers: SensitivityReport['layers']): string =>
  layers[0]!.effects.map((effect) => effect.label).join(', ');
