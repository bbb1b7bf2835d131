import { z } from 'zod';
import type { Interval } from './metrics';

export const searchGoals = ['latency', 'size', 'both'] as const;
export type SearchGoal = (typeof searchGoals)[number];

/** For what winners are named. */
export const goalsOf = (goal: SearchGoal): SearchGoal[] => (goal === 'both' ? ['size', 'latency', 'both'] : [goal]);

const durationForm = /^(\d+(?:\.\d+)?) ?(h|min|s)$/;
const unitMs = { h: 3_600_000, min: 60_000, s: 1000 };

/** "2h", "90 min", "30s" in milliseconds; undefined for another text. */
export function durationMs(text: string): number | undefined {
  const [, amount, unit] = durationForm.exec(text.trim()) ?? [];
  return amount === undefined ? undefined : Number(amount) * unitMs[unit as keyof typeof unitMs];
}

/** What a search looks for; in a sweep file it stands beside the recipes. */
export const searchSpecSchema = z.strictObject({
  /** Percentage points of top-1. */
  maxDrop: z.number().min(0).max(100).default(1),
  goal: z.enum(searchGoals).default('both'),
  /** Of the file. */
  maxBytes: z.number().int().min(1).optional(),
  /** Of the network's own time. */
  maxLatencyRatio: z.number().positive().max(10).optional(),
  /** Wall time, continuations included; confirmation is part of it. */
  budget: z
    .string()
    .refine((text) => durationMs(text) !== undefined, 'give a time such as "90 min" or "2h"')
    .default('1h'),
  /** Candidates at most. */
  trials: z.number().int().min(1).max(5000).default(500),
});
export type SearchSpec = z.infer<typeof searchSpecSchema>;

/** A chain with the figures that may be said of it: all of images that took no part in choosing. */
export interface FoundChain {
  model: string;
  /** Name in the run. */
  name: string;
  /** The chain as text to paste; empty for a network as it came. */
  recipe: string;
  /** What wins is not the network alone: another one, or the same on smaller images. */
  replaces?: 'network' | 'input';
  /** Of its file, in the format in which it was measured. */
  path: string;
  sizeBytes: number;
  sizeRatio: number;
  /** Absent where no target is measured. */
  latencyRatio?: number;
  latencyInterval?: Interval;
  confirmed: {
    /** Percent. */
    top1: number;
    /** Points against the network as it came. */
    top1Delta: number;
    interval: Interval;
    /** Images of the confirmation half. */
    n: number;
  };
}

/** In its interval, the picks that were looked at before it are counted; the intervals of the front are of 95 % each alone. */
export interface SearchWinner extends FoundChain {
  goal: SearchGoal;
  /** The whole interval is within what may be lost; else only the estimate is. */
  isClear: boolean;
}

export interface SearchAnswer {
  model: string;
  winners: SearchWinner[];
  /** All that were measured anew, from the least confirmed loss to the greatest. */
  front: FoundChain[];
  /** Candidates that were tried. */
  trials: number;
  seconds: number;
  /** Images of each part. */
  images: { divergence: number; selection: number; confirmation: number };
  /** Runs in the workspace: all candidates on selection images, and those that were confirmed. */
  runs: { candidates: string; confirmation?: string };
}
