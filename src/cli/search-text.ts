import { absent, formatDelta, formatInterval, formatMegabytes, formatNumber, formatRatio } from '@shared/format';
import { frontChain, frontTitle, searchAnswerInWords, type WinnerInWords } from '@shared/presenter/search-answer';
import type { SearchAnswer, SearchSpec } from '@shared/search';
import { textTable } from './text-table';

/** The answer for a terminal: the best per goal, what more or less loss would change, and the chains as text to paste. */
export function searchText(answer: SearchAnswer, aims: SearchSpec): string {
  const { winners, none, about, rule } = searchAnswerInWords(answer, aims);
  const best = none === undefined ? winners.map(winnerText) : [none];
  const parts = [...best, ...(answer.front.length > 0 ? [frontTable(answer)] : [])];
  return `${[...parts, about, rule].join('\n\n')}\n`;
}

function winnerText({ title, winner, none, figures, chain, replaces }: WinnerInWords): string {
  if (!winner) return `${title}: ${none}`;
  return `${title}: ${[figures, chain, ...(replaces ? [replaces] : []), winner.path].join('\n  ')}`;
}

function frontTable(answer: SearchAnswer): string {
  const columns = [
    { title: 'chain' },
    { title: 'size MB', align: 'right' as const },
    { title: 'time', align: 'right' as const },
    { title: 'top-1 %', align: 'right' as const },
    { title: 'difference [95 %]' },
  ];
  const rows = answer.front.map((found) => [
    frontChain(found, answer),
    formatMegabytes(found.sizeBytes),
    found.latencyRatio === undefined ? absent : formatRatio(found.latencyRatio),
    formatNumber(found.confirmed.top1, 1),
    `${formatDelta(found.confirmed.top1Delta)} ${formatInterval(found.confirmed.interval)}`,
  ]);
  return `${frontTitle}:\n${textTable(columns, rows)}`.trimEnd();
}
