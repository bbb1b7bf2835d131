import type { LatencyMetrics, TrialMetrics } from '../../metrics';
import type { Comparison } from '../comparison';

export type FileAndAccuracy = Partial<Omit<TrialMetrics, 'latency' | 'deployments' | 'files'>>;

/** What is known of a trial on one target, beside what it is compared with. */
export interface Evidence {
  own: FileAndAccuracy;
  reference: FileAndAccuracy;
  latency?: LatencyMetrics | undefined;
  referenceLatency?: LatencyMetrics | undefined;
  /** Verdicts of the whole run on this trial. */
  time?: Comparison | undefined;
  top1?: Comparison | undefined;
}

/** Where the numbers of a note are shown. */
export type NumbersPlace = 'metrics' | 'time-ratio' | 'layers';

/** A likely cause of what was measured. */
export interface Rule {
  id: string;
  /** Where a reader finds the numbers. */
  shownIn: NumbersPlace;
  /** The cause in one or two sentences with its numbers; undefined where the evidence is not there. */
  explain(evidence: Evidence): string | undefined;
}

/** "×0.98 [0.97, 1.01]" */
export const differenceText = ({ text, interval }: Comparison): string => [text, interval].filter(Boolean).join(' ');
