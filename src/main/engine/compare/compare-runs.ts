import { setImmediate } from 'node:timers/promises';
import { deploymentOf, runtimesOf } from '@shared/presenter/deployment';
import { indifferenceOf } from '@shared/presenter/zone';
import type { AnswerPair, ComparedRun, PairedTrial, RunComparison, TrialPair } from '@shared/run-comparison';
import type { RunView, TrialView } from '@shared/run';
import type { Predictions } from '../measure/accuracy/accuracy';
import { answerDifference, sharedImages, type SharedImages } from './answer-difference';
import { differingFacts } from './compared-facts';
import { comparisonWarnings } from './comparison-warnings';
import { matchTrials, type ChosenRecipes } from './match-trials';
import { timeDifferences } from './time-differences';

/** A run with what its trials answered, as far as that is kept. */
export interface RunWithAnswers {
  run: RunView;
  /** Folder or file it came from; absent: the workspace at hand. */
  source?: string;
  /** Absent in a run that came without them. */
  answersOf?: (trial: TrialView, runtime: string | undefined) => Predictions | undefined;
}

/** Every trial of two runs that belong together, beside each other. Differences are candidate minus reference. */
export function compareRuns(...runs: ComparedInputs): RunComparison {
  const work = comparing(...runs);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** Long enough to be worth a turn, short enough that others do not notice. */
const sliceMs = 15;

/** The same where others are served meanwhile: answers of hundreds of trials take seconds to read and pair. */
export async function compareRunsInSlices(...runs: ComparedInputs): Promise<RunComparison> {
  const work = comparing(...runs);
  for (let sliceBegan = performance.now(); ;) {
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() - sliceBegan < sliceMs) continue;
    await setImmediate();
    sliceBegan = performance.now();
  }
}

type ComparedInputs = [reference: RunWithAnswers, candidate: RunWithAnswers, chosen?: ChosenRecipes];

/** Yields after each pair of trials. */
function* comparing(...[reference, candidate, chosen]: ComparedInputs): Generator<void, RunComparison> {
  const matched = matchTrials(reference.run, candidate.run, chosen);
  const images: SharedImages[] = [];
  const pairs: TrialPair[] = [];
  for (const { reference: theirs, candidate: own } of matched.pairs) {
    const answers = runtimesInBoth(reference.run, candidate.run).flatMap((runtime): AnswerPair[] => {
      const predictions = {
        own: candidate.answersOf?.(own, runtime),
        theirs: reference.answersOf?.(theirs, runtime),
      };
      if (predictions.own && predictions.theirs) images.push(sharedImages(predictions.own, predictions.theirs));
      const pair = answerDifference(
        { metrics: deploymentOf(own, runtime), predictions: predictions.own },
        { metrics: deploymentOf(theirs, runtime), predictions: predictions.theirs },
      );
      return pair ? [{ runtime, ...pair }] : [];
    });
    pairs.push({
      model: own.model,
      reference: pairedTrial(theirs),
      candidate: pairedTrial(own),
      isBaseline: own.isBaseline && theirs.isBaseline,
      isSameFile: own.artifact !== undefined && own.artifact.sha256 === theirs.artifact?.sha256,
      answers,
      times: timeDifferences({ run: candidate.run, trial: own }, { run: reference.run, trial: theirs }),
    });
    yield;
  }
  return {
    reference: comparedRun(reference),
    candidate: comparedRun(candidate),
    indifference: indifferenceOf(candidate.run),
    warnings: comparisonWarnings(reference.run, candidate.run, pairs, images),
    facts: differingFacts(reference.run, candidate.run),
    pairs,
    onlyReference: matched.onlyReference.map(({ id }) => id),
    onlyCandidate: matched.onlyCandidate.map(({ id }) => id),
  };
}

function runtimesInBoth(reference: RunView, candidate: RunView): string[] {
  const theirs = runtimesOf(reference);
  return runtimesOf(candidate).filter((runtime) => theirs.includes(runtime));
}

function comparedRun({ run: { id, name, startedAt }, source }: RunWithAnswers): ComparedRun {
  return { run: id, name, startedAt, ...(source !== undefined && { source }) };
}

function pairedTrial({ recipe, recipeText, status, metrics: { sizeBytes } }: TrialView): PairedTrial {
  return { recipe, recipeText, status, ...(sizeBytes !== undefined && { sizeBytes }) };
}
