import { formatBytes } from '@shared/format';
import type { RunProgress, RunStatus } from '@shared/run';
import type { StepBoard } from './step-board';

interface RunFacts {
  id: string;
  status: RunStatus;
  board: StepBoard;
  /** The step under way; where there are several, the one that began first. */
  underWay?: { key: string; stage: string; fraction: number };
  /** Keys of the steps that train and can be stopped. */
  trainings: readonly string[];
  /** Bytes that a full disk has to get free; absent: it is not full. */
  waitsForBytes?: number;
  elapsedMs: number;
  remainingMs?: number;
}

/** What people are told of a run under way. Without room it counts as paused: it does nothing. */
export function runProgress(facts: RunFacts): RunProgress {
  const { id, status, board, underWay, trainings, waitsForBytes, elapsedMs, remainingMs } = facts;
  const waits = waitsForBytes !== undefined && status === 'running';
  const trial = underWay && board.trialsOf(underWay.key)[0]?.id;
  const total = board.steps.length;
  return {
    run: id,
    status: waits ? 'paused' : status,
    stage: stageOf(facts, trial),
    done: total - board.open.length,
    total,
    elapsedMs,
    remainingMs,
    stepFraction: underWay?.fraction,
    trial,
    ...(trainings.length > 0 && { trainings: trainings.map((key) => board.trialsOf(key).map((each) => each.id)) }),
    waitsFor: waits ? 'room on the disk' : undefined,
  };
}

function stageOf({ status, underWay, waitsForBytes }: RunFacts, trial: string | undefined): string {
  if (waitsForBytes !== undefined)
    return `paused: the disk is full; it goes on by itself when ${formatBytes(waitsForBytes)} are free`;
  if (underWay) return `${trial}: ${underWay.stage}`;
  return status === 'paused' ? 'paused' : '';
}
