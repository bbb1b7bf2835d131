import { oldestSystem, type CoremlModel } from './model';
import type { StoredForm } from './convert/weights';

const words: Readonly<Record<StoredForm['kind'], string>> = {
  dense: 'as numbers',
  table: 'behind tables',
  steps: 'as codes with scales',
  sparse: 'without their zeros',
  'sparse-table': 'without their zeros, behind tables',
  'sparse-steps': 'without their zeros, as codes with scales',
};

/** Sentences for a trial: which systems load the file, how the weights are stored, and that nothing was run here. */
export function conversionNotes({ specificationVersion, weights, scores }: CoremlModel, output: string): string[] {
  const counts = new Map<StoredForm['kind'], number>();
  for (const { form } of weights) counts.set(form.kind, (counts.get(form.kind) ?? 0) + 1);
  const forms = [...counts].map(([kind, count]) => `${count} ${words[kind]}`).join(', ');
  return [
    `The Core ML package needs ${oldestSystem(specificationVersion)} or later. Weights of its ${weights.length} layers: ${forms}. Nothing ran it here: its answers and times are not known.`,
    ...(output === 'labels' && scores ? ['It gives scores, not labels: its classes have no names.'] : []),
  ];
}
