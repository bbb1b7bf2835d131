import { className, type FlipReport } from '@shared/flips';
import { classEvidence, flipSummary, isClearClass } from '@shared/flips-text';
import { formatDelta, formatNumber } from '@shared/format';
import { textTable } from './text-table';

const shownRows = 20;

/** Where the points went, for a terminal: the classes that changed most, and the confusions that became more frequent. */
export function flipsText(trial: string, report: FlipReport): string {
  const { reference, runtime, classes, confusions } = report;
  const grown = confusions.filter(({ before, after }) => after > before);
  const parts = [`${trial} against ${reference}, ${runtime}: ${flipSummary(report)}\n`];
  if (classes.length > 0) parts.push(classTable(report), rest(classes.length, 'classes'));
  if (grown.length > 0) parts.push(confusionTable(report, grown), rest(grown.length, 'confusions'));
  if (classes.length > 0) {
    const clear = classes.filter(isClearClass).length;
    parts.push(
      `p: exact McNemar for each class; q: adjusted for all ${formatNumber(classes.length)} (Benjamini and Hochberg). ${
        clear === 0 ? 'No class by itself is clear' : `${formatNumber(clear)} ${clear === 1 ? 'is' : 'are'} clear`
      } at q of 5 %.\n`,
    );
  }
  return parts.filter(Boolean).join('\n');
}

const rest = (count: number, what: string): string =>
  count > shownRows ? `and ${formatNumber(count - shownRows)} more ${what}; --csv and --json have all.\n` : '';

function classTable(report: FlipReport): string {
  const right = { align: 'right' } as const;
  return textTable(
    [
      { title: 'class' },
      { title: 'images', ...right },
      { title: 'right before', ...right },
      { title: 'lost', ...right },
      { title: 'gained', ...right },
      { title: 'net', ...right },
      { title: 'other wrong', ...right },
      { title: 'evidence' },
    ],
    report.classes
      .slice(0, shownRows)
      .map((row) => [
        className(report, row.label),
        formatNumber(row.n),
        formatNumber(row.rightBefore),
        formatNumber(row.lost),
        formatNumber(row.gained),
        formatDelta(row.gained - row.lost, 0),
        formatNumber(row.moved),
        classEvidence(row),
      ]),
  );
}

function confusionTable(report: FlipReport, grown: FlipReport['confusions']): string {
  return textTable(
    [
      { title: 'class' },
      { title: 'answered as' },
      { title: 'before', align: 'right' },
      { title: 'after', align: 'right' },
    ],
    grown
      .slice(0, shownRows)
      .map(({ label, answer, before, after }) => [
        className(report, label),
        className(report, answer),
        formatNumber(before),
        formatNumber(after),
      ]),
  );
}
