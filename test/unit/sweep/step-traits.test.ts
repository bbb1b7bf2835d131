import { expect, it } from 'vitest';
import { traitsOf } from '../../../src/main/engine/sweep/step-traits';
import { plan } from './sweeps';

const [trial] = plan({ trained: [{ finetune: { epochs: 3 } }] });

it('a training looks at its images in every epoch, and goes through its network with each', () => {
  const step = trial!.steps.find(({ kind }) => kind === 'compress')!;
  const models = new Map([[trial!.model, { sha256: 'a', sizeBytes: 7, macs: 10 }]]);
  const facts = { models, images: { train: 50 }, latency: 'quick', machine: { isa: [] } } as const;
  expect(traitsOf(trial!, facts).get(step.key)).toMatchObject({ images: 150, trainingMacs: 1500 });
  const unknown = new Map([[trial!.model, { sha256: 'a', sizeBytes: 7 }]]);
  expect(traitsOf(trial!, { ...facts, models: unknown }).get(step.key)).not.toHaveProperty('trainingMacs');
});
