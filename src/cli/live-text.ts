import { absent, formatCounted, formatMs, formatMsValue, formatNumber, formatPercent } from '@shared/format';
import { liveStages, type LiveAnswer } from '@shared/live/answer';
import type { StageSummary } from '@shared/live/stage-statistics';
import { textTable } from './text-table';

export interface SideSummary extends StageSummary {
  name: string;
  target: string;
  openMs: number;
  dropped: number;
  /** Frames with a known class, and those of them that the best answer names. */
  labelled: number;
  right: number;
}

/** "12  dog.jpg  resnet50  golden retriever 91.2 %  capture 0.3  preprocess 4.1  inference 12.0  post 0.1 ms" */
export function answerLine(
  frame: number,
  image: string | undefined,
  side: string | undefined,
  answer: LiveAnswer,
  nameOf: (index: number) => string,
): string {
  const [best] = answer.top;
  const score = best?.score === undefined ? '' : ` ${formatPercent(100 * best.score)}`;
  const said = best ? `${nameOf(best.class)}${score}` : 'no answer: its scores are no numbers';
  const times = liveStages.map((stage) => `${stage} ${formatMsValue(answer.times[stage])}`).join('  ');
  const first = answer.isFirst ? ' (first inference)' : '';
  return [String(frame).padStart(6), image, side, said, `${times} ms${first}`].filter((part) => part).join('  ');
}

/**
 * What a session came to.
 * @param notes what has to be known to read it, as sentences
 */
export function summaryText(
  sides: readonly SideSummary[],
  agreement: { both: number; agreeing: number } | undefined,
  notes: readonly (string | undefined)[],
): string {
  const columns = [
    { title: 'model' },
    { title: 'target' },
    ...['frames', 'dropped', 'fps', 'load ms', 'first ms'].map((title) => ({ title, align: 'right' as const })),
    ...liveStages.map((stage) => ({ title: `${stage} p50/p90 ms`, align: 'right' as const })),
  ];
  const rows = sides.map(({ name, target, frames, dropped, framesPerSecond, openMs, firstInferenceMs, stages }) => [
    name,
    target,
    formatNumber(frames),
    formatNumber(dropped),
    framesPerSecond === undefined ? absent : formatNumber(framesPerSecond, 1),
    formatMsValue(openMs),
    firstInferenceMs === undefined ? absent : formatMsValue(firstInferenceMs),
    ...liveStages.map((stage) => {
      const known = stages?.[stage];
      return known ? `${formatMsValue(known.p50Ms)} / ${formatMsValue(known.p90Ms)}` : absent;
    }),
  ]);
  const right = sides
    .filter(({ labelled }) => labelled > 0)
    .map(
      ({ name, target, labelled, right: count }) =>
        `${name} on ${target}: ${formatNumber(count)} of ${formatCounted(labelled, 'labelled image')} right\n`,
    );
  const agreed =
    agreement && agreement.both > 0
      ? `same first answer on ${formatNumber(agreement.agreeing)} of ${formatNumber(agreement.both)} frames that both answered (${formatPercent((100 * agreement.agreeing) / agreement.both)})\n`
      : '';
  const note = notes.map((sentence) => (sentence === undefined ? '' : `${sentence}\n`)).join('');
  return `\n${textTable(columns, rows)}${right.join('')}${agreed}${note}`;
}

/** The sentence for standard error while times are taken elsewhere in this process. */
export const openedText = (sides: readonly { name: string; target: string; openMs: number }[]): string =>
  sides.map(({ name, target, openMs }) => `${name} on ${target}: loaded in ${formatMs(openMs)}\n`).join('');
