import { absent, formatBytes, formatCount, formatMsValue, formatNumber } from '@shared/format';
import type { LayerComparison, LayerFacts, LayerReport } from '@shared/layers';

export const layerColumnIds = ['channels', 'macs', 'sparsity', 'bytes', 'share', 'milliseconds', 'error'] as const;
export type LayerColumnId = (typeof layerColumnIds)[number];

export interface LayerColumn {
  id: LayerColumnId;
  title: string;
  unit?: string;
  about: string;
  /** Lengths of bars; undefined where the layer has none. */
  value(layer: LayerFacts): number;
  text(layer: LayerFacts): string;
}

const columns: Record<Exclude<LayerColumnId, 'error'>, Omit<LayerColumn, 'id'>> = {
  channels: {
    title: 'Channels',
    unit: 'in × out',
    about: 'Channels in and out',
    value: (layer) => layer.outputChannels,
    text: (layer) => `${layer.inputChannels} × ${layer.outputChannels}`,
  },
  macs: {
    title: 'MACs',
    about: 'Multiply-accumulates for one image',
    value: (layer) => layer.macs,
    text: (layer) => formatCount(layer.macs),
  },
  sparsity: {
    title: 'Zeros',
    unit: '%',
    about: 'Share of weights that are zero',
    value: (layer) => layer.sparsity,
    text: (layer) => formatNumber(100 * layer.sparsity, 1),
  },
  bytes: {
    title: 'Stored',
    about: 'Bytes of the weights in the file, with what decodes them',
    value: (layer) => layer.bytes,
    text: (layer) => formatBytes(layer.bytes),
  },
  share: {
    title: 'Time',
    unit: '%',
    about: 'Share of the time of all operators, one image, one thread',
    value: (layer) => layer.latencyShare,
    text: (layer) => formatNumber(100 * layer.latencyShare, 1),
  },
  milliseconds: {
    title: 'Time',
    unit: 'ms',
    about: 'Median time of the layer, one image, one thread',
    value: (layer) => layer.milliseconds,
    text: (layer) => formatMsValue(layer.milliseconds),
  },
};

/** What is compared before and after; the error of the output has no before. */
export const layerColumns: readonly LayerColumn[] = layerColumnIds.flatMap((id) =>
  id === 'error' ? [] : [{ id, ...columns[id] }],
);

export interface LayerCell {
  before?: string;
  after?: string;
  /** Lengths of the bars, 0..1 of the largest in the column. */
  beforeLength: number;
  afterLength: number;
}

export interface LayerRow {
  name: string;
  operator: string;
  state: 'kept' | 'removed' | 'new';
  cells: Record<LayerColumnId, LayerCell>;
}

/** Relative errors span many orders of magnitude: bars of their logarithm from one millionth to one. */
const smallestError = 1e-6;

export function errorText(error: number): string {
  return error === 0 ? '0' : error >= 0.001 ? error.toPrecision(2) : error.toExponential(1);
}

function errorCell(error: number | undefined): LayerCell {
  if (error === undefined) return { after: absent, beforeLength: 0, afterLength: 0 };
  const orders = Math.log10(Math.max(error, smallestError) / smallestError) / -Math.log10(smallestError);
  return { after: errorText(error), beforeLength: 0, afterLength: Math.min(1, orders) };
}

/** Rows for the table, in the order of the network. Where before and after read the same, only one is written. */
export function layerRows(report: LayerReport): LayerRow[] {
  const largest = new Map(
    layerColumns.map(({ id, value }) => [
      id,
      Math.max(
        ...report.layers.flatMap(({ before, after }) => [before, after].map((each) => (each ? value(each) : 0))),
      ),
    ]),
  );
  return report.layers.map((layer) => {
    const cells = Object.fromEntries(
      layerColumns.map(({ id, value, text }) => {
        const most = largest.get(id)! || 1;
        const [before, after] = [layer.before && text(layer.before), layer.after && text(layer.after)];
        const length = (facts: LayerFacts | undefined): number => (facts ? value(facts) / most : 0);
        const cell: LayerCell = { after, beforeLength: length(layer.before), afterLength: length(layer.after) };
        return [id, before === after ? cell : { ...cell, before }];
      }),
    ) as Record<LayerColumnId, LayerCell>;
    cells.error = errorCell(layer.error);
    return { name: layer.name, operator: operatorOf(layer), state: stateOf(layer), cells };
  });
}

function operatorOf({ before, after }: LayerComparison): string {
  return before && after && before.op !== after.op ? `${before.op} → ${after.op}` : (after ?? before)!.op;
}

function stateOf({ before, after }: LayerComparison): LayerRow['state'] {
  return before ? (after ? 'kept' : 'removed') : 'new';
}

export interface LayerOrder {
  column: LayerColumnId;
  descending: boolean;
}

/** Sorted by what the layer has now, then by what it had; rows of equal length keep the order of the network. */
export function sortLayers(rows: readonly LayerRow[], order: LayerOrder | undefined): LayerRow[] {
  if (!order) return [...rows];
  const sign = order.descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [a.cells[order.column], b.cells[order.column]];
    return sign * (left.afterLength - right.afterLength || left.beforeLength - right.beforeLength);
  });
}
