import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChannelLane, ChannelMap, LaneRole } from '@shared/channel-groups';
import { mainLane, placeLanes } from '../../../src/renderer/sensitivity/channel-lanes';

const lane = (...members: [number, LaneRole][]): ChannelLane => ({
  channels: 4,
  groups: 4,
  members: members.map(([layer, role]) => ({ layer, role })),
});
const mapOf = (rows: number, lanes: ChannelLane[]): ChannelMap => ({
  layers: Array.from({ length: rows }, (_, row) => ({ name: `l${row}`, op: 'Conv', isDepthwise: false, width: 4 })),
  lanes,
});
/** One character a column: Makes, Reads, Passes, Both, | runs past, . nothing. */
const drawn = (map: ChannelMap): string[] => {
  const { columns, rows } = placeLanes(map);
  const sign = (roles: LaneRole[]): string =>
    roles.length > 1 ? 'B' : ({ makes: 'M', reads: 'R', passes: 'P' }[roles[0] as LaneRole] ?? '|');
  return rows.map((row) =>
    Array.from({ length: columns }, (_, column) => {
      const here = row.find((segment) => segment.column === column);
      return here ? sign(here.roles) : '.';
    }).join(''),
  );
};

describe('lanes of channels', () => {
  it('of a chain take turns in two columns', () => {
    const chain = [0, 1, 2, 3].map((row) => lane([row, 'makes'], [row + 1, 'reads']));
    expect(drawn(mapOf(5, chain))).toEqual(['M.', 'RM', 'MR', 'RM', '.R']);
  });

  it('of a residual sum run past the branch beside them', () => {
    const residual = lane([0, 'makes'], [1, 'reads'], [2, 'makes'], [3, 'passes'], [4, 'reads']);
    const inner = lane([1, 'makes'], [2, 'reads']);
    const map = mapOf(5, [residual, inner]);
    expect(drawn(map)).toEqual(['M.', 'RM', 'MR', 'P.', 'R.']);
    expect(placeLanes(map).rows[2]).toEqual([
      { lane: 0, column: 0, roles: ['makes'], fromAbove: true, toBelow: true },
      { lane: 1, column: 1, roles: ['reads'], fromAbove: true, toBelow: false },
    ]);
  });

  it('are one mark where a layer reads and makes the same channels', () => {
    expect(drawn(mapOf(3, [lane([0, 'makes'], [1, 'makes'], [1, 'reads'], [2, 'reads'])]))).toEqual(['M', 'B', 'R']);
  });

  it('of nothing are nothing', () => {
    expect(placeLanes(mapOf(0, []))).toEqual({ columns: 0, rows: [] });
    expect(mainLane([])).toBeUndefined();
  });

  it('stand for the row that makes them, not for the one that reads', () => {
    const { rows } = placeLanes(mapOf(3, [lane([0, 'makes'], [1, 'reads']), lane([1, 'makes'], [2, 'reads'])]));
    expect(rows.map(mainLane)).toEqual([0, 1, 1]);
  });

  it('never share a place, and need as many columns as run side by side', () => {
    const anyLane = fc
      .uniqueArray(fc.nat(19), { minLength: 1, maxLength: 6 })
      .map((rows) =>
        lane(...rows.sort((a, b) => a - b).map((row, at): [number, LaneRole] => [row, at ? 'reads' : 'makes'])),
      );
    fc.assert(
      fc.property(fc.array(anyLane, { maxLength: 30 }), (lanes) => {
        const { columns, rows } = placeLanes(mapOf(20, lanes));
        for (const row of rows) expect(new Set(row.map(({ column }) => column)).size).toBe(row.length);
        expect(columns).toBe(Math.max(0, ...rows.map((row) => row.length)));
        lanes.forEach(({ members }, index) => {
          const own = rows.map((row) => row.filter(({ lane: each }) => each === index));
          const touched = own.flatMap((segments, row) => (segments[0]?.roles.length ? [row] : []));
          expect(touched).toEqual(members.map(({ layer }) => layer));
          expect(new Set(own.flat().map(({ column }) => column)).size).toBe(1);
        });
      }),
    );
  });
});
