/**
 * What single inferences of a latency measurement took, as whole microseconds in ascending order: of each side all of them or, where there are more,
 * that many order statistics at equal steps, the least and the greatest among them.
 */
export interface LatencyTimes {
  candidateUs: number[];
  baselineUs: number[];
}

/** Kept of each side: together under 10 kB in the journal. */
export const keptTimes = 500;
