import type { Interval } from './metrics';
import type { Indifference } from './sweep-file';

/** Two runs beside each other, trial by trial: numbers only, verdicts are the presenter's. Differences are candidate minus reference. */
export interface RunComparison {
  reference: ComparedRun;
  candidate: ComparedRun;
  /** The candidate's: differences within are of no consequence. */
  indifference: Indifference;
  /** What keeps the two from being compared as one run would be: sentences. */
  warnings: string[];
  /** What the manifests say differently. */
  facts: { name: string; reference: string; candidate: string }[];
  /** In the order of the candidate. */
  pairs: TrialPair[];
  /** Trials without a partner, "model/recipe". */
  onlyReference: string[];
  onlyCandidate: string[];
}

export interface ComparedRun {
  run: string;
  name: string;
  startedAt: string;
  /** Folder or file it came from; absent: the workspace at hand. */
  source?: string;
}

export interface TrialPair {
  model: string;
  reference: PairedTrial;
  candidate: PairedTrial;
  isBaseline: boolean;
  /** The very same bytes. */
  isSameFile: boolean;
  /** One a runtime that both answered in. */
  answers: AnswerPair[];
  /** One a target that both were measured on. */
  times: TimePair[];
}

export interface PairedTrial {
  recipe: string;
  recipeText: string;
  status: string;
  sizeBytes?: number;
}

/** Top-1 of both, %, and its difference in points with a 95 % interval. */
export interface AnswerPair {
  runtime?: string;
  reference: number;
  candidate: number;
  difference: number;
  interval: Interval;
  /** On the same images, one by one; otherwise as of independent samples. */
  isPaired: boolean;
  /** Labelled images of the comparison; of two independent samples, the smaller one. */
  n: number;
  /** Exact McNemar, where paired. */
  mcnemarP?: number;
  /** %, where paired. */
  agreement?: number;
}

export interface TimePair {
  target: string;
  reference: PairedTime;
  candidate: PairedTime;
  /** One measurement that both runs show. */
  isSameMeasurement: boolean;
  /** The candidate's ratio to its baseline over the reference's to its own; absent for two baselines, and where the baselines are not one file. */
  quotient?: TimeQuotient;
  /** Same machine and runtime: milliseconds may be put beside each other, though they were not interleaved. */
  isSameSetting: boolean;
}

export interface TimeQuotient {
  ratio: number;
  ratioInterval: Interval;
  /** The candidate's and the reference's, as the test of the quotient takes them; without the latter, against 1. */
  sessionRatios?: number[];
  referenceSessionRatios?: number[];
}

export interface PairedTime {
  /** ms, as measured. */
  p50Ms: number;
  ratio: number;
  ratioInterval: Interval;
  disturbed?: string;
}
