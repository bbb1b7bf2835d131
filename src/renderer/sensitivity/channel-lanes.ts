import type { ChannelMap, LaneRole } from '@shared/channel-groups';

/** The part of a lane that lies in one row. */
export interface LaneSegment {
  /** Index into the lanes of the map. */
  lane: number;
  column: number;
  /** What the row's layer has to do with the lane; empty where the lane only runs past. */
  roles: LaneRole[];
  /** The lane was there in the row before, or goes on in the next. */
  fromAbove: boolean;
  toBelow: boolean;
}

export interface LaneLayout {
  columns: number;
  /** The segments of each layer's row, by column. */
  rows: LaneSegment[][];
}

/**
 * Gives each lane a column from its first layer to its last, so that no two share a place; a column is used again once its lane has ended.
 * Lanes are taken by where they begin and get the leftmost free column, which needs no more columns than lanes run side by side.
 */
export function placeLanes({ layers, lanes }: ChannelMap): LaneLayout {
  const rows: LaneSegment[][] = layers.map(() => []);
  const lastRowOf: number[] = [];
  const spans = lanes
    .map(({ members }, lane) => {
      const at = members.map(({ layer }) => layer);
      return { lane, first: Math.min(...at), last: Math.max(...at) };
    })
    .sort((a, b) => a.first - b.first || a.lane - b.lane);
  for (const { lane, first, last } of spans) {
    const free = lastRowOf.findIndex((ended) => ended < first);
    const column = free < 0 ? lastRowOf.length : free;
    lastRowOf[column] = last;
    for (let row = first; row <= last; row++) {
      const roles = lanes[lane]!.members.filter(({ layer }) => layer === row).map(({ role }) => role);
      rows[row]!.push({ lane, column, roles, fromAbove: row > first, toBelow: row < last });
    }
  }
  for (const row of rows) row.sort((a, b) => a.column - b.column);
  return { columns: lastRowOf.length, rows };
}

/** The lane that stands for a row: the one its layer makes or passes, else the one it reads. */
export function mainLane(segments: readonly LaneSegment[]): number | undefined {
  const wanted: LaneRole[] = ['makes', 'passes', 'reads'];
  return wanted.flatMap((role) => segments.filter(({ roles }) => roles.includes(role)))[0]?.lane;
}
