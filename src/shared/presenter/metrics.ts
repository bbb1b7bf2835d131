import type { Better } from './verdict';

/** The kind of step that produces a metric; it tells what a cell without a value is waiting for. */
export type MetricSource = 'file' | 'accuracy' | 'latency';

export interface Metric {
  id: MetricId;
  title: string;
  /** Stands in the column header, never in the cells. */
  unit: string;
  better: Better;
  source: MetricSource;
  about: string;
}

export const metricIds = [
  'size',
  'size-compressed',
  'entropy-bound',
  'bits-per-weight',
  'params',
  'non-zero',
  'macs',
  'size-coreml',
  'latency',
  'latency-p90',
  'ratio',
  'cold-start',
  'memory',
  'energy',
  'top1',
  'top5',
  'agreement',
] as const;
export type MetricId = (typeof metricIds)[number];

const lower = 'lower' as const;
const higher = 'higher' as const;

export const metrics: Record<MetricId, Metric> = {
  size: {
    id: 'size',
    title: 'Size',
    unit: 'MB',
    better: lower,
    source: 'file',
    about: 'Bytes of the file that ships; exact',
  },
  'size-compressed': {
    id: 'size-compressed',
    title: 'Compressed',
    unit: 'MB',
    better: lower,
    source: 'file',
    about: 'The same file after brotli, as a download carries it; exact',
  },
  'entropy-bound': {
    id: 'entropy-bound',
    title: 'Entropy',
    unit: 'MB',
    better: lower,
    source: 'file',
    about: 'What an ideal entropy coder would need for the weights as stored, each for itself; exact',
  },
  'bits-per-weight': {
    id: 'bits-per-weight',
    title: 'Per weight',
    unit: 'bit',
    better: lower,
    source: 'file',
    about: 'Bits of the whole file for each parameter; exact',
  },
  params: {
    id: 'params',
    title: 'Params',
    unit: 'M',
    better: lower,
    source: 'file',
    about: 'Parameters in the file; exact',
  },
  'non-zero': {
    id: 'non-zero',
    title: 'Non-zero',
    unit: 'M',
    better: lower,
    source: 'file',
    about: 'Parameters that are not zero; exact',
  },
  macs: {
    id: 'macs',
    title: 'MACs',
    unit: 'M',
    better: lower,
    source: 'file',
    about: 'Multiply-accumulate operations for one image; exact',
  },
  'size-coreml': {
    id: 'size-coreml',
    title: 'Core ML',
    unit: 'MB',
    better: lower,
    source: 'file',
    about: 'All files of the Core ML package; exact. Nothing here runs it: its answers and times are not known',
  },
  latency: {
    id: 'latency',
    title: 'Latency',
    unit: 'ms',
    better: lower,
    source: 'latency',
    about:
      'Median time for one image (p50) ± median absolute deviation, scaled to one measurement of the baseline so that it agrees with the ratio; the ratio is measured side by side',
  },
  'latency-p90': {
    id: 'latency-p90',
    title: 'Latency p90',
    unit: 'ms',
    better: lower,
    source: 'latency',
    about: 'Nine of ten images take no longer than this; scaled like the median',
  },
  ratio: {
    id: 'ratio',
    title: 'Time ratio',
    unit: '×',
    better: lower,
    source: 'latency',
    about:
      'Latency divided by the baseline’s, interleaved, with a 95 % interval over session pairs. Against another recipe: the quotient of two such ratios',
  },
  'cold-start': {
    id: 'cold-start',
    title: 'Cold start',
    unit: 'ms',
    better: lower,
    source: 'latency',
    about: 'Loading the file and the first inference',
  },
  memory: {
    id: 'memory',
    title: 'Peak memory',
    unit: 'MB',
    better: lower,
    source: 'latency',
    about: 'Peak memory of the measuring process',
  },
  energy: {
    id: 'energy',
    title: 'Energy',
    unit: 'mJ',
    better: lower,
    source: 'latency',
    about:
      'What the machine takes for one image above what it takes idling, as its own sensors count it, with the 95 % interval over session pairs; the ratio is measured side by side, in the rounds of the latency',
  },
  top1: {
    id: 'top1',
    title: 'Top-1',
    unit: '%',
    better: higher,
    source: 'accuracy',
    about:
      'Images whose first class is right, with the 95 % Wilson interval; the difference is paired with the baseline on the same images',
  },
  top5: {
    id: 'top5',
    title: 'Top-5',
    unit: '%',
    better: higher,
    source: 'accuracy',
    about: 'Images whose class is among the first five, with the 95 % Wilson interval',
  },
  agreement: {
    id: 'agreement',
    title: 'Agreement',
    unit: '%',
    better: higher,
    source: 'accuracy',
    about: 'Images where the first class is the one that the baseline, or what it is compared with, gives',
  },
};

export const defaultMetrics: MetricId[] = ['size', 'size-coreml', 'latency', 'top1'];

/** "lower is better", as the arrow in a header is read out. */
export function betterText(better: Better): string {
  return `${better} is better`;
}

export function betterArrow(better: Better): string {
  return better === 'lower' ? '↓' : '↑';
}
