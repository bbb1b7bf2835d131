import type { LatencyMetrics, TrialMetrics } from '../../../src/shared/metrics';
import type { RunView, TrialView } from '../../../src/shared/run';

export const target = 'ort-cpu x1';

export function latency(changes: Partial<LatencyMetrics> = {}): LatencyMetrics {
  return {
    target,
    p50Ms: 4.12,
    p90Ms: 4.4,
    p99Ms: 5.1,
    madMs: 0.06,
    n: 400,
    rounds: 20,
    baselineP50Ms: 6.98,
    ratio: 0.59,
    ratioInterval: [0.571, 0.612],
    coldStartMs: 38.4,
    peakMemoryBytes: 91_400_000,
    mode: 'quick',
    ...changes,
  };
}

export function trial(changes: Partial<TrialView> = {}, metrics: Partial<TrialMetrics> = {}): TrialView {
  const { model = 'mobilenetv2', recipe = 'int8' } = changes;
  return {
    id: `${model}/${recipe}`,
    model,
    recipe,
    recipeText: recipe === 'baseline' ? '' : 'quantize.static',
    isBaseline: recipe === 'baseline',
    status: 'done',
    steps: [],
    notes: [],
    ...changes,
    metrics: { latency: [], ...metrics },
  };
}

export function run(trials: TrialView[]): RunView {
  const unique = (names: string[]): string[] => [...new Set(names)];
  const models = unique(trials.map((each) => each.model));
  const recipes = unique(trials.map((each) => each.recipe));
  return {
    id: 'run-1',
    name: 'case study',
    status: 'running',
    startedAt: '2026-01-02T03:04:05Z',
    trialsDone: 0,
    trialsFailed: 0,
    trialsTotal: trials.length,
    trialsStarred: 0,
    elapsedMs: 0,
    note: '',
    tags: [],
    starred: false,
    techniques: [],
    dataset: 'images',
    machine: 'CPU',
    models,
    recipes,
    trials,
    sweep: {
      name: 'case study',
      models,
      dataset: { path: 'images', eval: 1000, calibration: 256, train: 0, seed: 1 },
      targets: [{ runtime: 'ort-cpu', threads: 1 }],
      recipes: Object.fromEntries(recipes.map((recipe) => [recipe, []])),
      latency: 'quick',
      indifference: { time: 0.01, top1: 0 },
      seed: 1,
    },
    manifest: {
      whittle: '0.1.0',
      node: '20.20.2',
      onnxruntime: '1.30.0',
      machine: { id: 'm', platform: 'linux', arch: 'x64', cpu: 'CPU', cores: 2, memoryBytes: 8e9, isa: ['AVX2'] },
      sweepSha256: 'ab',
      seed: 1,
      dataset: { path: 'images', name: 'images', fingerprint: 'cd', eval: 1000, calibration: 256, skipped: 0 },
      models: models.map((name) => ({ name, path: `${name}.onnx`, sha256: 'ef', sizeBytes: 1 })),
      targets: [target],
    },
  };
}
