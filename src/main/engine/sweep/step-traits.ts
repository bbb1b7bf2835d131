import { z } from 'zod';
import { canonicalJson } from '../jobs/step-key';
import { targetName, type LatencyMode } from '@shared/sweep-file';
import type { Split } from '@shared/dataset';
import { imagesOf, type PlannedStep, type TrialPlan } from './plan';
import type { StepTraits } from './step-costs';

/** What else of a run the cost of its steps depends on. */
export interface RunFacts {
  models: ReadonlyMap<string, { sha256: string; sizeBytes: number; macs?: number }>;
  /** Images of each split; of `train` those that trainings take, given for that or not. */
  images: Partial<Record<Split, number>>;
  latency: LatencyMode;
  /** Of the machine that ran it. */
  machine: { isa: readonly string[] };
}

/** The traits of each step of a trial, by its key; steps of networks that the run does not name are left out. */
export function traitsOf(
  { steps }: Pick<TrialPlan, 'steps'>,
  { models, images, latency, machine }: RunFacts,
): Map<string, StepTraits> {
  const chain: string[] = [];
  return new Map(
    steps.flatMap((step): [string, StepTraits][] => {
      const model = models.get(step.order.model);
      const before = chain.join(' | ');
      const { work, parameters } = workOf(step, latency, machine.isa.join(' '));
      if (step.kind === 'compress') chain.push(`${work} ${parameters}`);
      if (!model) return [];
      // A measurement runs as many as its mode says, whatever there are.
      const looked = step.kind === 'measure' ? [] : imagesOf(step.order);
      const trained = trainedImages(step, images.train ?? 0);
      const count = trained ?? looked.reduce((sum, split) => sum + (images[split] ?? 0), 0);
      const variant = `${before} | ${parameters}`;
      const { sha256: network, sizeBytes: networkBytes } = model;
      const training = trained !== undefined && model.macs !== undefined && { trainingMacs: trained * model.macs };
      return [[step.key, { kind: step.kind, work, variant, network, networkBytes, images: count, ...training }]];
    }),
  );
}

const trainingSchema = z.object({ epochs: z.number(), iterations: z.number(), batch: z.number() });

/** How many images go through a network that is trained, each as often as it does; undefined for a step that trains none as `trainingParams` say. */
function trainedImages({ order }: PlannedStep, images: number): number | undefined {
  const params = order.kind === 'compress' ? trainingSchema.safeParse(order.params).data : undefined;
  return params && (params.iterations > 0 ? params.iterations * params.batch : params.epochs * images);
}

function workOf(
  { order, requires }: PlannedStep,
  latency: LatencyMode,
  isaHere: string,
): { work: string; parameters: string } {
  switch (order.kind) {
    case 'compress':
      return { work: order.technique, parameters: canonicalJson(order.params) };
    case 'convert':
    case 'describe':
      return { work: order.format, parameters: '' };
    case 'evaluate': {
      const isa = requires?.isa?.join(' ') ?? isaHere;
      const work = isa === isaHere ? order.runtime : `${order.runtime} with ${isa}`;
      return { work, parameters: canonicalJson([order.device, order.options]) };
    }
    case 'measure':
      return { work: `${targetName(order.target)} ${latency}`, parameters: '' };
  }
}
