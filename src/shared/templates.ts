import type { z } from 'zod';
import type { sweepFileSchema } from './sweep-file';

type SweepInput = z.input<typeof sweepFileSchema>;

/** The networks of the case study, by their names in a model folder. */
const caseStudyModels = ['mobilenetv2', 'resnet50', 'squeezenet1.1'] as const;

const prune = { 'prune.magnitude': { amount: 0.5 } };

/** The recipes of `examples/case-study.yaml` and of the starter pack, by the same names. */
const caseStudyRecipes: SweepInput['recipes'] = {
  baseline: [],
  fp16: ['fp16'],
  'dynamic int8': ['quantize.dynamic'],
  int8: ['quantize.static'],
  'int8 per tensor': [{ 'quantize.static': { weights: 'tensor' } }],
  'pruned 50 %': [prune],
  'pruned 50 % + int8': [prune, 'quantize.static'],
};

/** The case study on a dataset, with those of its networks that are there; with none of them, all that are. */
export function caseStudyFor(present: readonly string[], dataset: SweepInput['dataset']): SweepInput {
  const known = caseStudyModels.filter((name) => present.includes(name));
  return {
    name: 'case study',
    models: known.length > 0 ? [...known] : [...present],
    dataset,
    targets: [{ runtime: 'ort-cpu', threads: 1 }],
    recipes: caseStudyRecipes,
  };
}
