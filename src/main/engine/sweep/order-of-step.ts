import { AppError } from '@shared/errors';
import type { Split } from '@shared/dataset';
import type { LatencyMode } from '@shared/sweep-file';
import type { Dataset } from '../dataset/dataset';
import { imagesFor } from '../dataset/map-classes';
import { stepImages, type StepDataset } from '../dataset/step-images';
import type { FileContent, ImagesContent, Order } from '../jobs/order';
import type { Model } from '../models/model-folder';
import { incomingName } from '../store/artifacts';
import type { Workspace } from '../store/workspace';
import { imagesContent } from './local-contents';
import { imagesOf, type FileReference, type PlannedStep } from './plan';

export interface OrderContext {
  workspace: Workspace;
  models: ReadonlyMap<string, Model>;
  /** Only the splits that the steps look at are needed. */
  dataset: Partial<Dataset>;
  seed: number;
  /** Absent where nothing is measured. */
  latency?: LatencyMode;
  threads: number;
}

/** The content of a file a step reads. @throws `internal` when the step that makes it has not finished */
export function contentOf(
  reference: FileReference,
  { workspace, models }: Pick<OrderContext, 'workspace' | 'models'>,
): FileContent {
  if ('model' in reference) return { content: 'file', sha256: models.get(reference.model)!.sha256, format: 'onnx' };
  const sha256 = workspace.steps.find(reference.step)?.artifact;
  if (!sha256) throw new AppError('internal', { detail: `step ${reference.step} has no artifact` });
  return { content: 'file', sha256, format: reference.format ?? 'onnx' };
}

/** A planned step as the order an executor gets. @throws `internal` when a step that it needs has not finished */
export function orderOfStep(step: PlannedStep, context: OrderContext): Order {
  const { order, key } = step;
  const output = incomingName(key);
  const { card } = context.models.get(order.model)!;
  const model = contentOf(order.input, context);
  const { dataset, seed, threads, latency: mode = 'quick' } = context;
  const images = <S extends Exclude<Split, 'eval'>>(split: S): ImagesContent<S> | undefined => {
    if (!imagesOf(order).includes(split)) return undefined;
    return imagesContent(stepImages(split, dataset as StepDataset, card)) as unknown as ImagesContent<S>;
  };
  const evaluation = (): ImagesContent<'eval'> => imagesContent(imagesFor(dataset.eval!, dataset, card));
  switch (order.kind) {
    case 'compress': {
      const { kind, technique, params } = order;
      const reference = contentOf(order.reference, context);
      const [calibration, train] = [images('calibration'), images('train')];
      return { kind, key, output, model, reference, card, technique, params, calibration, train, seed, threads };
    }
    case 'convert':
      return { kind: order.kind, key, output, model, card, format: order.format, options: order.options };
    case 'describe':
      return { kind: order.kind, model, format: order.format };
    case 'evaluate': {
      const { kind, runtime, device, options } = order;
      return {
        kind,
        model,
        card,
        runtime,
        device,
        options,
        images: evaluation(),
        threads,
      };
    }
    case 'measure': {
      const baseline = contentOf(order.baseline, context);
      const { kind, target, baselineTarget, insteadOf, overImages } = order;
      const images = overImages ? evaluation() : undefined;
      return { kind, candidate: model, baseline, card, target, baselineTarget, insteadOf, mode, seed, images };
    }
  }
}
