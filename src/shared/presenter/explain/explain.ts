import type { TrialView } from '../../run';
import { deploymentOf, latencyOf, runtimeOf } from '../deployment';
import type { RunPresentation } from '../reading';
import { decodedAtLoad } from './decoded-at-load';
import { denseMasks } from './dense-masks';
import { disturbedTime } from './disturbed-time';
import { dynamicConvolutions } from './dynamic-convolutions';
import type { Evidence, NumbersPlace, Rule } from './evidence';
import { raggedDepthwise } from './ragged-depthwise';
import { sharedDepthwiseScale } from './shared-depthwise-scale';
import { slowStart } from './slow-start';

/** In the order in which they are read: what costs answers, what costs time, what was measured badly. */
export const rules: readonly Rule[] = [
  sharedDepthwiseScale,
  dynamicConvolutions,
  raggedDepthwise,
  denseMasks,
  decodedAtLoad,
  slowStart,
  disturbedTime,
];

export interface Explanation {
  id: string;
  sentence: string;
  shownIn: NumbersPlace;
}

export function explainEvidence(evidence: Evidence): Explanation[] {
  return rules.flatMap(({ id, shownIn, explain }) => {
    const sentence = explain(evidence);
    return sentence === undefined ? [] : [{ id, sentence, shownIn }];
  });
}

/** Why a trial measures as it does on a target, as far as the numbers of the run tell. Nothing is said of what others are compared with. */
export function explainTrial(
  { run, comparisons, baselineOf }: Pick<RunPresentation, 'run' | 'comparisons' | 'baselineOf'>,
  trial: TrialView,
  target: string,
): Explanation[] {
  const reference = baselineOf(trial.model);
  if (trial.isBaseline || !reference) return [];
  const runtime = runtimeOf(run, target);
  return explainEvidence({
    own: deploymentOf(trial, runtime),
    reference: deploymentOf(reference, runtime),
    latency: latencyOf(trial, target),
    referenceLatency: latencyOf(reference, target),
    time: comparisons.latency(trial, target),
    top1: comparisons.top1(trial, runtime),
  });
}
