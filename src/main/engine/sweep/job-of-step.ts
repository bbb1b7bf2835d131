import type { LatencyMode } from '@shared/sweep-file';
import { AppError } from '@shared/errors';
import type { Dataset } from '../dataset/dataset';
import { imagesFor } from '../dataset/map-classes';
import type { Job } from '../jobs/job';
import type { Model } from '../models/model-folder';
import type { Workspace } from '../store/workspace';
import type { FileReference, PlannedStep } from './expand';

export interface JobContext {
  workspace: Workspace;
  models: ReadonlyMap<string, Model>;
  dataset: Dataset;
  seed: number;
  latency: LatencyMode;
  threads: number;
}

/** The path of a file a step reads. @throws `internal` when the step that makes it has not finished */
export function resolveFile(reference: FileReference, context: Pick<JobContext, 'workspace' | 'models'>): string {
  if ('model' in reference) return context.models.get(reference.model)!.path;
  const artifact = context.workspace.steps.find(reference.step)?.artifact;
  if (!artifact) throw new AppError('internal', { detail: `step ${reference.step} has no artifact` });
  return context.workspace.artifacts.path(artifact);
}

/** A planned step as the order a worker gets. `outputPath` is used by steps that write a file. */
export function jobOfStep(step: PlannedStep, context: JobContext, outputPath: string): Job {
  const { order } = step;
  const { card } = context.models.get(order.model)!;
  const modelPath = resolveFile(order.input, context);
  const { dataset, seed, threads, latency } = context;
  const { cacheFolder } = context.workspace;
  switch (order.kind) {
    case 'compress': {
      const { technique, params } = order;
      return {
        kind: 'compress',
        modelPath,
        referencePath: resolveFile(order.reference, context),
        card,
        technique,
        params,
        calibration: dataset.calibration,
        cacheFolder,
        seed,
        threads,
        outputPath,
      };
    }
    case 'describe':
      return { kind: 'describe', modelPath };
    case 'evaluate':
      return {
        kind: 'evaluate',
        modelPath,
        card,
        images: imagesFor(dataset.eval, dataset, card),
        cacheFolder,
        threads,
      };
    case 'measure':
      return {
        kind: 'measure',
        candidatePath: modelPath,
        baselinePath: resolveFile(order.baseline, context),
        card,
        target: order.target,
        mode: latency,
        seed,
      };
  }
}
