import { formatCounted } from '@shared/format';
import { processorsOf } from '@shared/presenter/machines-of-run';
import { manifestFacts as allFacts, type Fact } from '@shared/presenter/manifest-facts';
import type { Manifest } from '@shared/run';

/** Instruction sets that decide how int8 runs; the line under the title names them. */
export function machineLine({
  machine,
  elsewhere,
  targets,
}: Pick<Manifest, 'machine' | 'elsewhere' | 'targets'>): string {
  const isa = machine.isa.slice(-2).join(' ');
  const [cpu, ...others] = processorsOf({ machine, elsewhere });
  return [cpu, formatCounted(machine.cores, 'core'), isa, ...others, targets.join(', ')].filter(Boolean).join(' · ');
}

/** The facts of a manifest with hashes cut to what there is room for. */
export function manifestFacts(manifest: Manifest): Fact[] {
  return allFacts(manifest).map((fact) => ({
    ...fact,
    value: fact.value.replace(/\b([0-9a-f]{16})[0-9a-f]+\b/, '$1…'),
  }));
}
