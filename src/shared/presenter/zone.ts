import { roundAsPrinted } from '../format';
import type { Interval } from '../metrics';
import type { RunView } from '../run';
import { indifferenceSchema, type Indifference } from '../sweep-file';

/** Differences inside are of no consequence to the person; both ends belong to it. */
export type Zone = Interval;

/** What the person does not care about; runs of earlier versions did not say. */
export function indifferenceOf({ sweep }: Pick<RunView, 'sweep'>): Indifference {
  return (sweep as Partial<RunView['sweep']>).indifference ?? indifferenceSchema.parse({});
}

/** Symmetric on the logarithmic scale: 1 % slower and 1 % faster weigh the same. */
export const zoneOfTime = ({ time }: Indifference): Zone => [1 / (1 + time), 1 + time];
export const zoneOfTop1 = ({ top1 }: Indifference): Zone => [-top1, top1];

/** Where an interval lies to a zone. */
export type Position = 'below' | 'above' | 'inside' | 'across';

/** Verdicts look at this many decimals, so that there is always a print that says the same as the verdict. */
const finestDecimals = 6;

function positionAsPrinted([low, high]: Interval, zone: Zone, decimals: (value: number) => number): Position {
  const [from, to] = [roundAsPrinted(low, decimals(low)), roundAsPrinted(high, decimals(high))];
  if (from > zone[1]) return 'above';
  if (to < zone[0]) return 'below';
  return from >= zone[0] && to <= zone[1] ? 'inside' : 'across';
}

export function positionOf(interval: Interval, zone: Zone): Position {
  return positionAsPrinted(interval, zone, () => finestDecimals);
}

/**
 * How many decimals more than usual an interval needs so that its printed ends lie to the zone as the interval itself does:
 * what is coloured never reads "1.00", and what is not never looks as if it should be.
 */
export function extraDecimals(interval: Interval, zone: Zone, usual: (value: number) => number): number {
  const position = positionOf(interval, zone);
  for (let extra = 0; extra < finestDecimals; extra++) {
    const decimals = (value: number): number => Math.min(finestDecimals, usual(value) + extra);
    if (positionAsPrinted(interval, zone, decimals) === position) return extra;
  }
  return finestDecimals;
}
