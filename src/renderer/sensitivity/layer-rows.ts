import type { LayerEffect, LayerSensitivity } from '@shared/sensitivity';
import { disturbance, worstFirst } from '@shared/sensitivity-order';

export type LayerOrder = 'sensitivity' | 'network';

/** A layer as the list shows it. */
export interface LayerRow extends LayerSensitivity {
  /** Of the layer that disturbs the output most, 0 to 1. */
  bar: number;
}

export function layerRows(layers: readonly LayerSensitivity[], order: LayerOrder): LayerRow[] {
  const largest = layers.reduce((most, layer) => Math.max(most, disturbance(layer)), 0);
  const sorted = order === 'network' ? layers : worstFirst(layers);
  return sorted.map((layer) => ({ ...layer, bar: largest > 0 ? disturbance(layer) / largest : 0 }));
}

/** A curve of agreement (percent) over the amount, from "nothing changed" on, as SVG points in a box of `width` x `height`. */
export function curvePoints(effects: readonly LayerEffect[], width: number, height: number): string {
  const round = (value: number): number => Math.round(value * 10) / 10;
  return [{ amount: 0, agreement: 100 }, ...effects]
    .map(({ amount, agreement }) => `${round(amount * width)},${round((1 - agreement / 100) * height)}`)
    .join(' ');
}
