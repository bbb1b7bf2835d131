import type { LiveAnswer } from '@shared/live/answer';
import type { LiveSideInfo } from '@shared/live/session';
import type { StageSummary } from '@shared/live/stage-statistics';
import type { FrameFacts } from './live-sides';

/** A side as it shows. */
export interface ShownSide {
  info: LiveSideInfo;
  /** Its label is the class as this side numbers them. */
  frame?: FrameFacts;
  answer?: LiveAnswer;
  summary: StageSummary;
  dropped: number;
  /** Answers to images with a label, and those of them that name it first. */
  labelled: number;
  right: number;
  /** Why there is no answer to the last frame. */
  problem?: string;
  /** Its process is gone, or being started again. */
  state?: 'gone' | 'starting';
}

/** Before the first frame. */
export const freshSide = (info: LiveSideInfo, summary: StageSummary): ShownSide => ({
  info,
  summary,
  dropped: 0,
  labelled: 0,
  right: 0,
});

/** What an answer changes. @param frame with the label as this side numbers it */
export function answeredSide(
  { labelled, right }: ShownSide,
  frame: FrameFacts,
  answer: LiveAnswer,
  summary: StageSummary,
): Partial<ShownSide> {
  const isLabelled = frame.label !== undefined;
  return {
    frame,
    answer,
    summary,
    labelled: labelled + Number(isLabelled),
    right: right + Number(isLabelled && answer.top[0]?.class === frame.label),
    problem: undefined,
  };
}
