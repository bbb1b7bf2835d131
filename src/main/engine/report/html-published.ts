import { absent, formatDelta, formatInterval, formatNumber } from '@shared/format';
import type { RunView, TrialView } from '@shared/run';
import { escapeHtml } from './escape-html';

function measured({ metrics: { top1Delta, top1DeltaInterval } }: TrialView): string {
  if (top1Delta === undefined) return absent;
  return `${formatDelta(top1Delta)} ${top1DeltaInterval ? formatInterval(top1DeltaInterval, (end) => formatDelta(end)) : ''}`;
}

/** Published changes of top-1 beside the measured ones; nothing where none was published. */
export function publishedTable(run: RunView): string {
  const rows = run.trials.flatMap((trial) =>
    (trial.published ?? []).map(({ top1Float, top1, top1Drop, source, differs }) => {
      const from =
        top1Float === undefined || top1 === undefined
          ? ''
          : `, ${formatNumber(top1Float, 1)} to ${formatNumber(top1, 1)} %`;
      const cells = [measured(trial), `${formatDelta(-top1Drop)}${from}`, differs, `${source.title}, ${source.url}`];
      return `<tr><th scope="row">${escapeHtml(`${trial.model}, ${trial.recipe}`)}</th>${cells.map((text) => `<td>${escapeHtml(text)}</td>`).join('')}</tr>`;
    }),
  );
  if (rows.length === 0) return '';
  const heads = ['', 'measured, points', 'published, points', 'what differs there', 'source'];
  return `<h2>Published changes of top-1</h2><table class="facts"><thead><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}
