import {
  keptText,
  laneCoupling,
  laneLayers,
  laneSize,
  noLanesText,
  type ChannelMap,
  type LaneRole,
} from '@shared/channel-groups';
import { absent } from '@shared/format';
import { textTable } from './text-table';

/** The lanes of a network as a table for a terminal, one line each. */
export function channelsText(map: ChannelMap): string {
  if (map.lanes.length === 0) return `${noLanesText}\n`;
  const columns = [
    { title: 'lane', align: 'right' as const },
    { title: 'channels' },
    { title: 'layers', align: 'right' as const },
    { title: 'made by' },
    { title: 'read by' },
    { title: 'coupled by' },
    { title: 'protected' },
  ];
  const rows = map.lanes.map((lane, index) => {
    const names = (role: LaneRole): string => {
      const all = lane.members.flatMap((member) => (member.role === role ? [map.layers[member.layer]!.name] : []));
      return (all[0] ?? absent) + (all.length > 1 ? ` +${all.length - 1}` : '');
    };
    return [
      String(index + 1),
      laneSize(lane).replace(/ channels?/, ''),
      String(laneLayers(map, lane)),
      names('makes'),
      names('reads'),
      laneCoupling(map, lane) ?? '',
      keptText(lane) ?? '',
    ];
  });
  return textTable(columns, rows);
}
