import { z } from 'zod';
import { AppError } from '@shared/errors';
import { nearestName } from '@shared/nearest-name';
import type { TechniqueInfo } from '@shared/recipe';
import { binarizeTrain } from './binarize-train';
import { binarizeWeights } from './binarize-weights';
import { clusterTrain } from './cluster-train';
import { clusterWeights } from './cluster-weights';
import { correctBias } from './correct-bias';
import { distill } from './distill';
import { equalize } from './equalize';
import { exitEarly } from './exit-early';
import { factorize } from './factorize';
import { finetune } from './finetune';
import { fp16 } from './fp16';
import { gateChannels } from './gate-channels';
import { iterate } from './iterate';
import { pruneBefore } from './prune-before';
import { pruneChannels } from './prune-channels';
import { pruneGradual } from './prune-gradual';
import { pruneLayers } from './prune-layers';
import { pruneMagnitude } from './prune-magnitude';
import { pruneSecondOrder } from './prune-second-order';
import { pruneUnits } from './prune-units';
import { quantizeAware } from './quantize-aware';
import { quantizeDynamic } from './quantize-dynamic';
import { quantizeInteger } from './quantize-integer';
import { quantizeMixed } from './quantize-mixed';
import { quantizeStatic } from './quantize-static';
import { quantizeWeights } from './quantize-weights';
import { recalibrate } from './recalibrate';
import { reconstruct } from './reconstruct';
import { shrinkInput } from './shrink-input';
import type { Technique } from './technique';

/** Every compression method Whittle knows. To add one: write its file, add it here, test it; nothing else names techniques. */
export const techniques: readonly Technique[] = [
  fp16,
  quantizeDynamic,
  quantizeStatic,
  quantizeAware,
  equalize,
  correctBias,
  quantizeInteger,
  quantizeWeights,
  quantizeMixed,
  reconstruct,
  clusterWeights,
  clusterTrain,
  binarizeWeights,
  binarizeTrain,
  pruneMagnitude,
  pruneChannels,
  pruneSecondOrder,
  pruneLayers,
  pruneUnits,
  factorize,
  recalibrate,
  finetune,
  pruneGradual,
  pruneBefore,
  iterate,
  distill,
  exitEarly,
  gateChannels,
  shrinkInput,
];

/** Throws `technique.unknown`, with the nearest known id. */
export function findTechnique(id: string): Technique {
  const technique = techniques.find((candidate) => candidate.id === id);
  if (technique) return technique;
  const known = techniques.map((candidate) => candidate.id);
  throw new AppError('technique.unknown', { id, near: nearestName(id, known) });
}

/** The techniques as data, for forms, help and docs. */
export function describeTechniques(): TechniqueInfo[] {
  return techniques.map(({ id, title, summary, family, needs, version, params }) => ({
    id,
    title,
    summary,
    family,
    needs: [...needs],
    version,
    paramsSchema: z.toJSONSchema(params, { io: 'input' }),
  }));
}
