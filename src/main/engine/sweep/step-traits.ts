import { canonicalJson } from '../jobs/step-key';
import { targetName, type LatencyMode } from '@shared/sweep-file';
import type { Split } from '@shared/dataset';
import { imagesOf, type PlannedStep, type TrialPlan } from './plan';
import type { StepTraits } from './step-costs';

/** What else of a run the cost of its steps depends on. */
export interface RunFacts {
  models: ReadonlyMap<string, { sha256: string; sizeBytes: number }>;
  /** Images of each split. */
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
      const count = looked.reduce((sum, split) => sum + (images[split] ?? 0), 0);
      const variant = `${before} | ${parameters}`;
      const { sha256: network, sizeBytes: networkBytes } = model;
      return [[step.key, { kind: step.kind, work, variant, network, networkBytes, images: count }]];
    }),
  );
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
