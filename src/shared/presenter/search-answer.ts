import {
  formatCounted,
  formatDelta,
  formatDuration,
  formatInterval,
  formatMegabytes,
  formatNumber,
  formatRatio,
} from '../format';
import {
  goalsOf,
  type FoundChain,
  type SearchAnswer,
  type SearchGoal,
  type SearchSpec,
  type SearchWinner,
} from '../search';
import type { LeadingChain, SearchStage, SearchState } from '../search-state';

const goalWords: Record<SearchGoal, string> = { size: 'Smallest', latency: 'Fastest', both: 'Best of both' };

/** What is said of one goal. */
export interface WinnerInWords {
  goal: SearchGoal;
  title: string;
  /** Absent where nothing was confirmed; then `none` says so. */
  winner?: SearchWinner;
  none?: string;
  /** Size, time, and top-1 with its confirmed interval. */
  figures: string;
  chain: string;
  /** What wins is not the network alone. */
  replaces?: string;
}

/** The answer of a search in words, for terminal and window. */
export interface AnswerInWords {
  winners: WinnerInWords[];
  /** In place of winners, where nothing at all was confirmed. */
  none?: string;
  about: string;
  rule: string;
}

export const frontTitle = 'Stricter and looser, all on images that took no part in choosing';

export function searchAnswerInWords(answer: SearchAnswer, aims: SearchSpec): AnswerInWords {
  const { winners, front, trials, seconds, images } = answer;
  const none =
    front.length > 0
      ? `None of ${formatNumber(front.length)} was confirmed to lose at most ${points(aims.maxDrop)}. Allow more loss, or give a longer --budget.`
      : 'No candidate came through. Allow more loss, larger limits, or give a longer --budget.';
  return {
    winners: goalsOf(aims.goal).map((goal) => winnerInWords(goal, answer, aims)),
    ...(winners.length === 0 && { none }),
    about: `${formatCounted(trials, 'candidate')} in ${formatDuration(seconds * 1000)}; chosen on ${formatNumber(images.selection)} images, measured on ${formatNumber(images.confirmation)} others.`,
    rule: `A winner is the first pick whose estimated loss on the confirmation images is at most ${points(aims.maxDrop)}; its interval counts the picks before it. "Surely": the whole interval is.`,
  };
}

function winnerInWords(goal: SearchGoal, { winners, model }: SearchAnswer, aims: SearchSpec): WinnerInWords {
  const winner = winners.find((one) => one.goal === goal);
  const title = goalWords[goal];
  if (!winner)
    return {
      goal,
      title,
      none: 'nothing was confirmed to be better than the model as it came.',
      figures: '',
      chain: '',
    };
  const { confirmed, recipe, isClear, replaces } = winner;
  const replaced = {
    network: `It replaces ${model} by another model, ${winner.model}.`,
    input: 'It looks at smaller images than the network came with.',
  };
  return {
    goal,
    title,
    winner,
    figures: `${costInWords(winner)}, top-1 ${formatDelta(confirmed.top1Delta)} ${formatInterval(confirmed.interval)}: at most ${points(aims.maxDrop)} lost, ${isClear ? 'surely' : 'by the estimate'}`,
    chain: recipe || 'as it came',
    ...(replaces && { replaces: replaced[replaces] }),
  };
}

/** "1.94 MB (×0.14), ×0.45 of the time" */
function costInWords({ sizeBytes, sizeRatio, latencyRatio }: FoundChain | LeadingChain): string {
  const time = latencyRatio === undefined ? '' : `, ${formatRatio(latencyRatio)} of the time`;
  return `${formatMegabytes(sizeBytes)} MB (${formatRatio(sizeRatio)})${time}`;
}

/** A chain of the front: another network is named before it. */
export function frontChain({ model, recipe }: FoundChain, { model: network }: SearchAnswer): string {
  return `${model === network ? '' : `${model}: `}${recipe || 'as it came'}`;
}

/** "Smallest so far: 1.94 MB (×0.14), top-1 −0.6 [−1.8, 0.6]", chosen and measured on the same images: not the figures of the answer. */
export function leadingInWords(chain: LeadingChain): { title: string; figures: string; chain: string } {
  return {
    title: `${goalWords[chain.goal]} so far`,
    figures: `${costInWords(chain)}, top-1 ${formatDelta(chain.top1Delta)} ${formatInterval(chain.interval)}`,
    chain: chain.recipe || 'as it came',
  };
}

const stageWords: Record<SearchStage, string> = {
  waiting: 'Waits for the run under way',
  preparing: 'Measuring the model itself',
  portfolio: 'Trying chains that are known to do well',
  proposals: 'Trying what the results so far suggest',
  confirmation: 'Measuring the best anew on images that took no part in choosing',
  ended: 'Ended',
};

/** "Trying chains that are known to do well" */
export function stageInWords({ stage, isFinishing }: Pick<SearchState, 'stage' | 'isFinishing'>): string {
  const isLeaving = isFinishing && (stage === 'portfolio' || stage === 'proposals');
  return isLeaving ? 'Ending what is under way, to confirm the best so far' : stageWords[stage];
}

const points = (value: number): string => `${value} ${value === 1 ? 'point' : 'points'}`;
