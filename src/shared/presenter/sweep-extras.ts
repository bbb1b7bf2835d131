import { formatMegabytes } from '../format';
import type { SearchSpec } from '../search';
import type { SweepFile } from '../sweep-file';

const goals: Record<SearchSpec['goal'], string> = {
  both: 'the smallest and the fastest of each model',
  size: 'the smallest of each model',
  latency: 'the fastest of each model',
};

/** "for the smallest of each model, with at most 1 point of top-1 lost, at most 2.20 MB, in 1h": what a search looks for. */
export function searchInWords({ goal, maxDrop, maxBytes, maxLatencyRatio, budget }: SearchSpec): string {
  const limits = [
    `at most ${maxDrop} ${maxDrop === 1 ? 'point' : 'points'} of top-1 lost`,
    ...(maxBytes === undefined ? [] : [`at most ${formatMegabytes(maxBytes)} MB`]),
    ...(maxLatencyRatio === undefined ? [] : [`at most ${maxLatencyRatio} of the time`]),
  ];
  return `for ${goals[goal]}, with ${limits.join(', ')}, in ${budget}`;
}

/** What else a sweep file says that no form shows, one phrase each; none where it says nothing of the kind. */
export function limitsInWords({
  until,
  limits: { stepMinutes, stepMemoryMB } = {},
  coolDownSeconds,
}: Pick<SweepFile, 'until' | 'limits' | 'coolDownSeconds'>): string[] {
  return [
    ...(until === undefined ? [] : [`it ends at ${until} with what is there`]),
    ...(stepMinutes === undefined ? [] : [`a step may take ${stepMinutes} min`]),
    ...(stepMemoryMB === undefined ? [] : [`a step may take ${stepMemoryMB} MB of memory`]),
    ...(coolDownSeconds === undefined ? [] : [`the machine rests ${coolDownSeconds} s before each latency`]),
  ];
}
