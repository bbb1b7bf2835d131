import {
  absent,
  formatDelta,
  formatDuration,
  formatInterval,
  formatMegabytes,
  formatNumber,
  formatRatio,
} from '@shared/format';
import { goalsOf, type FoundChain, type SearchAnswer, type SearchGoal, type SearchSpec } from '@shared/search';
import { textTable } from './text-table';

const goalWords: Record<SearchGoal, string> = { size: 'Smallest', latency: 'Fastest', both: 'Best of both' };

/** The answer for a terminal: the best per goal, what more or less loss would change, and the chains as text to paste. */
export function searchText(answer: SearchAnswer, aims: SearchSpec): string {
  const { winners, front, trials, seconds, images } = answer;
  const about = `${trials} candidates in ${formatDuration(seconds * 1000)}; chosen on ${formatNumber(images.selection)} images, measured on ${formatNumber(images.confirmation)} others.`;
  const best = goalsOf(aims.goal).map((goal) => {
    const winner = winners.find((one) => one.goal === goal);
    return `${goalWords[goal]}: ${winner ? sentenceOf(winner, answer, aims, winner.isClear) : 'nothing was confirmed to be better than the network.'}`;
  });
  const none =
    front.length > 0
      ? `None of ${front.length} was confirmed to lose at most ${points(aims.maxDrop)}. Allow more loss, or give a longer --budget.`
      : 'No candidate came through. Allow more loss, larger limits, or give a longer --budget.';
  const parts = [...(winners.length > 0 ? best : [none]), ...(front.length > 0 ? [frontTable(answer)] : [])];
  return `${[...parts, about, rule(aims)].join('\n\n')}\n`;
}

function sentenceOf(found: FoundChain, { model }: SearchAnswer, aims: SearchSpec, isClear: boolean): string {
  const { sizeBytes, sizeRatio, latencyRatio, confirmed, recipe } = found;
  const time = latencyRatio === undefined ? '' : `, ${formatRatio(latencyRatio)} of the time`;
  const sure = isClear ? 'surely' : 'by the estimate';
  const replaced = {
    network: `\n  It replaces ${model} by another network, ${found.model}.`,
    input: '\n  It looks at smaller images than the network came with.',
  };
  return (
    `${formatMegabytes(sizeBytes)} MB (${formatRatio(sizeRatio)})${time}, top-1 ${formatDelta(confirmed.top1Delta)} ${formatInterval(confirmed.interval)}: ` +
    `at most ${points(aims.maxDrop)} lost, ${sure}\n  ${recipe || 'as it came'}${found.replaces ? replaced[found.replaces] : ''}\n  ${found.path}`
  );
}

function frontTable({ front, model }: SearchAnswer): string {
  const columns = [
    { title: 'chain' },
    { title: 'size MB', align: 'right' as const },
    { title: 'time', align: 'right' as const },
    { title: 'top-1 %', align: 'right' as const },
    { title: 'difference [95 %]' },
  ];
  const rows = front.map((found) => [
    `${found.model === model ? '' : `${found.model}: `}${found.recipe || 'as it came'}`,
    formatMegabytes(found.sizeBytes),
    found.latencyRatio === undefined ? absent : formatRatio(found.latencyRatio),
    formatNumber(found.confirmed.top1, 1),
    `${formatDelta(found.confirmed.top1Delta)} ${formatInterval(found.confirmed.interval)}`,
  ]);
  return `Stricter and looser, all on images that took no part in choosing:\n${textTable(columns, rows)}`.trimEnd();
}

const rule = ({ maxDrop }: SearchSpec): string =>
  `A winner is the first pick whose estimated loss on the confirmation images is at most ${points(maxDrop)}; its interval counts the picks before it. "Surely": the whole interval is.`;

const points = (value: number): string => `${value} ${value === 1 ? 'point' : 'points'}`;
