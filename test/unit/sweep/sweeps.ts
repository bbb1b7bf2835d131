import { sweepFileSchema, type SweepFile } from '@shared/sweep-file';
import type { Split } from '@shared/dataset';
import type { ModelCard } from '@shared/model-card';
import type { Dataset, ImageSet } from '../../../src/main/engine/dataset/dataset';
import type { Model } from '../../../src/main/engine/models/model-folder';
import { expandSweep } from '../../../src/main/engine/sweep/expand';
import type { TrialPlan } from '../../../src/main/engine/sweep/plan';
import type { Surroundings } from '../../../src/main/engine/sweep/surroundings';

export const card: ModelCard = {
  name: 'net',
  task: 'image-classification',
  input: { name: 'input', layout: 'NCHW', channels: 'RGB', height: 32, width: 32 },
  output: { name: 'logits', classes: 4 },
  preprocess: {
    resize: 36,
    crop: 32,
    interpolation: 'bilinear',
    mean: [127.5, 127.5, 127.5],
    std: [127.5, 127.5, 127.5],
  },
};

export function model(name: string, changes: Partial<ModelCard> = {}, sha256 = name.padEnd(64, '0')): Model {
  const path = `/models/${name}.onnx`;
  return { name, path, format: 'onnx', sha256, sizeBytes: 1000, card: { ...card, name, ...changes } };
}

export function images<S extends Split>(split: S, count: number, from = 0): ImageSet<S> {
  const entries = Array.from({ length: count }, (_, index) => {
    const id = from + index;
    return { path: `/images/${id}.jpg`, hash: id.toString(16).padStart(64, '0'), label: id % 4 };
  });
  return { split, entries, alreadyResized: false };
}

export function dataset(changes: Partial<Dataset> = {}): Dataset {
  return {
    path: '/images',
    name: 'images',
    labelled: true,
    layout: 'val.txt',
    classes: 4,
    fingerprint: 'f',
    available: { eval: 8, calibration: 4, train: 0 },
    eval: images('eval', 8),
    calibration: images('calibration', 4, 100),
    train: images('train', 0),
    problems: [],
    duplicates: { within: 0, between: 0, groups: [] },
    ...changes,
  };
}

export const around: Surroundings = {
  onnxruntime: '1.30.0',
  runtimes: { 'ort-cpu': { version: '1.30.0', format: 'onnx' }, 'ort-web': { version: '1.30.0', format: 'onnx' } },
  converters: {},
  deployed: [],
  machine: { id: 'm1', platform: 'linux', arch: 'x64', cpu: 'CPU', cores: 2, memoryBytes: 8e9, isa: ['AVX2'] },
};

export const prune = (amount: number): object => ({ 'prune.magnitude': { amount } });

export function sweep(recipes: Record<string, unknown>, changes: object = {}): SweepFile {
  return sweepFileSchema.parse({
    models: ['net'],
    dataset: { path: '/images' },
    recipes,
    ...changes,
  });
}

export function plan(
  recipes: Record<string, unknown>,
  {
    models = [model('net')],
    data = dataset(),
    surroundings = around,
    ...changes
  }: { models?: Model[]; data?: Dataset; surroundings?: Surroundings } & Record<string, unknown> = {},
): TrialPlan[] {
  return expandSweep(sweep(recipes, changes), models, data, surroundings);
}

/** "compress prune.magnitude{amount:0.5}" -> key, of one trial. */
export function keysOf(trial: TrialPlan): Record<string, string> {
  return Object.fromEntries(trial.steps.map((step) => [`${step.kind} ${step.title}`, step.key]));
}
