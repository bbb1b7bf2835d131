import { absent, formatDelta, formatInterval, formatNumber } from '@shared/format';
import type { TrialView } from '@shared/run';
import type { ReportTable } from './report-table';

function measured({ metrics: { top1Delta, top1DeltaInterval } }: TrialView): string {
  if (top1Delta === undefined) return absent;
  return `${formatDelta(top1Delta)} ${top1DeltaInterval ? formatInterval(top1DeltaInterval, (end) => formatDelta(end)) : ''}`;
}

/** Published changes of top-1 beside the measured ones; without rows where none was published. Of one network where its page names it. */
export function publishedTable(trials: readonly TrialView[], { ofOneNetwork = false } = {}): ReportTable {
  const rows = trials.flatMap((trial) =>
    (trial.published ?? []).map(({ top1Float, top1, top1Drop, source, differs }) => {
      const from =
        top1Float === undefined || top1 === undefined
          ? ''
          : `, ${formatNumber(top1Float, 1)} to ${formatNumber(top1, 1)} %`;
      return [
        ...(ofOneNetwork ? [] : [trial.model]),
        trial.recipe,
        measured(trial),
        `${formatDelta(-top1Drop)}${from}`,
        differs,
        `${source.title}, ${source.url}`,
      ];
    }),
  );
  const heads = ['recipe', 'measured, points', 'published, points', 'what differs there', 'source'];
  return ofOneNetwork ? { heads, rows, numbers: [1, 2] } : { heads: ['network', ...heads], rows, numbers: [2, 3] };
}
