import { formatMegabytes, formatNumber } from '@shared/format';
import { comparePoints, compareRatio, type Comparison } from '@shared/presenter/comparison';
import { notTold } from '@shared/presenter/energy';
import { betterArrow, metrics, type MetricId, type MetricSource } from '@shared/presenter/metrics';
import { noSpeedUp, notAmong, verdictWords } from '@shared/presenter/verdict';

/** The second line of a cell: its sign, and the difference or, where nothing is claimed, words. */
export function changeText({ verdict, sign, words, text, interval }: Comparison): string {
  if (verdict === 'unclear' || verdict === 'same') return `${sign} ${words}`;
  return `${verdict === 'control' ? 'A/A' : sign} ${text}${interval ? ` ${interval}` : ''}`;
}

const small = 11 / 13;
const head = 12 / 13;
/** Half as wide as a digit in the fonts of all systems. */
const narrow = /[\s.,:;[\]()|'il·]/g;

/** Width of a text in digits of its own size. */
export function widthOf(text: string): number {
  return text.length - 0.5 * (text.match(narrow)?.length ?? 0);
}

const longNumber = formatNumber(88_888);
const differences: Record<MetricSource, string[]> = {
  file: [verdictWords.same, '= within 0.5 %', '▼ ×88.8', 'baseline', '✱ compressing…', '✱ interrupted'],
  latency: [
    changeText(compareRatio({ value: 0.0888, interval: [0.0888, 0.0888], among: 1 }, [0.99, 1.01])),
    changeText(compareRatio({ value: 1.0888, interval: [1.0888, 1.0888], among: 1 }, [0.99, 1.01])),
    `≈ ${verdictWords.unclear}`,
    `≈ ${notAmong(888)}`,
    `≈ ${noSpeedUp}`,
  ],
  accuracy: [
    changeText(comparePoints({ value: -88.8, interval: [-88.8, -88.8], among: 1 }, [0, 0], 1000)),
    `≈ ${verdictWords.unclear}`,
    `≈ ${notAmong(888)}`,
  ],
};
const besides: Partial<Record<MetricId, string>> = {
  'size-coreml': 'not run here',
  'cold-start': 'median of up to 5 starts',
  energy: `${notTold} [−8,888, 8,888]`,
};
const values: Record<MetricSource, { text: string; spread: string }> = {
  file: { text: formatMegabytes(88.8e9), spread: '' },
  latency: { text: longNumber, spread: '±88.8' },
  accuracy: { text: '88.88', spread: '[88.88, 88.88]' },
};

/**
 * How wide a column is, in digits of the table's size, without its padding: the widest that the presenter writes for this metric,
 * so that columns stand still while a run fills them.
 */
export function columnWidth(id: MetricId): number {
  const { title, unit, better, source } = metrics[id];
  const { text, spread } = values[source];
  return Math.max(
    widthOf(`✱ ${title} ${unit} ${betterArrow(better)}`) * head,
    widthOf(text) + widthOf(` ${spread}`) * small,
    ...[...differences[source], besides[id] ?? ''].map((line) => widthOf(line) * small),
  );
}
