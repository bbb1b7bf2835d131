import { AppError } from '@shared/errors';
import { formatRecipe } from '@shared/recipe-syntax';
import type { RunView, TrialView } from '@shared/run';
import type { FoundChain } from '@shared/search';
import { normalQuantile95 } from '@shared/statistics/normal';
import type { Model } from '../models/model-folder';
import { findTechnique } from '../techniques/registry';
import type { Confirmed } from './confirmation';
import { confirmedDelta } from './evidence';
import type { Candidate } from './plan-candidate';

/** Path of a trial's file in a format. */
export type PlaceOfFile = (trial: TrialView, format: string) => string;

/** In the workspace. */
export const storedPath: PlaceOfFile = ({ artifact, deployed }, format) =>
  (deployed?.find((file) => file.format === format) ?? artifact!).path;

interface FoundIn {
  view: RunView;
  /** What all are compared with, and the size of its file in the format that was measured. */
  network: Model;
  networkBytes: number;
  /** Where people find it. */
  place: PlaceOfFile;
}

/** A confirmed candidate as people are told of it. Throws `internal` where the run does not have it. */
export function foundChain(
  candidate: Candidate,
  { evidence, top1 }: Confirmed,
  { view, network, networkBytes, place }: FoundIn,
): FoundChain {
  const { sizeBytes, latency, counts } = evidence.get(candidate)!;
  const { model, name, chain } = candidate;
  const trial = view.trials.find(({ id }) => id === `${model.name}/${name}`);
  if (!trial) throw new AppError('internal', { detail: `no trial ${model.name}/${name}` });
  const isScaled = chain.some(({ technique }) => findTechnique(technique).search?.place === 'input');
  const replaces = model !== network ? 'network' : isScaled ? 'input' : undefined;
  return {
    model: model.name,
    name,
    recipe: formatRecipe(chain),
    ...(replaces && { replaces }),
    path: place(trial, trial.metrics.deployments?.[0]?.format ?? 'onnx'),
    sizeBytes,
    sizeRatio: sizeBytes / networkBytes,
    ...(latency && { latencyRatio: latency.ratio, latencyInterval: latency.ratioInterval }),
    confirmed: {
      top1: top1.get(candidate)!,
      ...confirmedDelta(counts!, normalQuantile95),
      n: counts!.n,
    },
  };
}
