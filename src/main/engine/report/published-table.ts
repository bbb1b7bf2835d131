import { absent, formatDelta, formatInterval, formatNumber } from '@shared/format';
import type { TrialView } from '@shared/run';
import type { ReportTable } from './report-table';

function measured({ metrics: { top1Delta, top1DeltaInterval } }: TrialView): string {
  if (top1Delta === undefined) return absent;
  return `${formatDelta(top1Delta)} ${top1DeltaInterval ? formatInterval(top1DeltaInterval, (end) => formatDelta(end)) : ''}`;
}

/** Published changes of top-1 of one network beside the measured ones; without rows where none was published. */
export function publishedTable(trials: readonly TrialView[]): ReportTable {
  const rows = trials.flatMap((trial) =>
    (trial.published ?? []).map(({ top1Float, top1, top1Drop, source, differs }) => {
      const from =
        top1Float === undefined || top1 === undefined
          ? ''
          : `, ${formatNumber(top1Float, 1)} to ${formatNumber(top1, 1)} %`;
      return [
        trial.recipe,
        measured(trial),
        `${formatDelta(-top1Drop)}${from}`,
        differs,
        `${source.title}, ${source.url}`,
      ];
    }),
  );
  const heads = ['recipe', 'measured, points', 'published, points', 'what differs there', 'source'];
  return { heads, rows, numbers: [1, 2] };
}
