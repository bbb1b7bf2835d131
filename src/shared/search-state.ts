import { z } from 'zod';
import { datasetSpecSchema } from './dataset';
import type { ErrorReport } from './errors';
import type { Interval } from './metrics';
import { searchSpecSchema, type SearchAnswer, type SearchGoal } from './search';
import { targetSchema, type SweepFile } from './sweep-file';

/** What a person asks for: one search for each of the models. */
export const searchRequestSchema = z.strictObject({
  models: z.array(z.string().min(1).max(4096)).min(1).max(100),
  dataset: datasetSpecSchema,
  targets: z.array(targetSchema).max(16),
  search: searchSpecSchema,
  /** Another of the models may win in the place of the one that is looked at. */
  mayReplace: z.boolean().default(false),
  seed: z.number().int().min(0).default(1),
});
export type SearchRequest = z.infer<typeof searchRequestSchema>;

/** `waiting`: for a run that is under way. `portfolio`: chains that are known to do well. `proposals`: what follows from the results so far. */
export type SearchStage = 'waiting' | 'preparing' | 'portfolio' | 'proposals' | 'confirmation' | 'ended';

/** The best of a goal so far, by the images that choose: it is the luckiest of many until it is measured anew. */
export interface LeadingChain {
  goal: SearchGoal;
  model: string;
  recipe: string;
  sizeBytes: number;
  sizeRatio: number;
  /** Absent where no time was taken. */
  latencyRatio?: number;
  /** Points of top-1 against the network as it came, with the interval of this one alone. */
  top1Delta: number;
  interval: Interval;
  /** Selection images. */
  n: number;
}

/** Where a search is while it chooses. */
export interface SearchProgress {
  stage: SearchStage;
  /** The run of its candidates, once there is one. */
  run?: string;
  /** Candidates that were begun. */
  trials: number;
  /** Of them, how many are known on all selection images and not out. */
  finalists: number;
  best: LeadingChain[];
}

/** How the search of one network ended: its run with the answer, or why there is none. */
export interface EndedSearch {
  name: string;
  /** The confirmed run, else that of the candidates. */
  run?: string;
  problem?: ErrorReport;
}

/** The search under way, the one that waits, or the last one of this session. */
export interface SearchState extends SearchProgress {
  name: string;
  /** When this process took it up, milliseconds since 1970. */
  beganAt: number;
  /** Time under way that it may take, milliseconds. */
  budgetMs: number;
  /** How much of that was left at `toldAt`, milliseconds since 1970. It gets less by the clock unless `isPaused`. */
  leftMs: number;
  toldAt: number;
  isPaused: boolean;
  /** Somebody wants what is there confirmed. */
  isFinishing: boolean;
  /** It waits for somebody to go on with it: Whittle was left before its end. */
  isHeld: boolean;
  /** Searches that wait behind it. */
  waiting: number;
  ended: EndedSearch[];
}

/** How much of its budget a search has left, milliseconds. @param now milliseconds since 1970 */
export function budgetLeftMs({ leftMs, toldAt, isPaused }: SearchState, now: number): number {
  return isPaused ? leftMs : Math.max(0, leftMs - Math.max(0, now - toldAt));
}

/** What is kept of a search: what was asked for, and what it said when it ended. */
export interface SearchRecord {
  sweep: SweepFile;
  answer?: SearchAnswer;
}
