import { formatBytes, formatNumber } from '@shared/format';
import type { Manifest } from '@shared/run';

export interface Fact {
  name: string;
  value: string;
  mono?: boolean;
}

const shortHash = (hash: string): string => (hash.length > 16 ? `${hash.slice(0, 16)}…` : hash);

/** Instruction sets that decide how int8 runs; the line under the title names them. */
export function machineLine({ machine, targets }: Pick<Manifest, 'machine' | 'targets'>): string {
  const isa = machine.isa.slice(-2).join(' ');
  return [machine.cpu, `${machine.cores} cores`, isa, targets.join(', ')].filter(Boolean).join(' · ');
}

/** Everything that must be equal for two runs to be comparable. */
export function manifestFacts(manifest: Manifest): Fact[] {
  const { machine, dataset } = manifest;
  return [
    { name: 'CPU', value: `${machine.cpu}, ${machine.cores} cores` },
    { name: 'Instruction sets', value: machine.isa.join(', ') || 'unknown' },
    { name: 'Memory', value: formatBytes(machine.memoryBytes) },
    {
      name: 'System',
      value: `${machine.platform} ${machine.arch}${machine.governor ? `, governor ${machine.governor}` : ''}`,
    },
    { name: 'Targets', value: manifest.targets.join(', ') || 'none' },
    { name: 'Whittle', value: manifest.whittle },
    { name: 'ONNX Runtime', value: manifest.onnxruntime },
    { name: 'Node', value: manifest.node },
    { name: 'Dataset', value: `${dataset.name} (${dataset.path})` },
    {
      name: 'Images',
      value: `${formatNumber(dataset.eval)} evaluation, ${formatNumber(dataset.calibration)} calibration, ${formatNumber(dataset.skipped)} skipped`,
    },
    { name: 'Dataset hash', value: shortHash(dataset.fingerprint), mono: true },
    { name: 'Sweep hash', value: shortHash(manifest.sweepSha256), mono: true },
    { name: 'Seed', value: String(manifest.seed) },
    ...manifest.models.map((model) => ({
      name: model.name,
      value: `${formatBytes(model.sizeBytes)}, sha256 ${shortHash(model.sha256)}`,
      mono: true,
    })),
  ];
}
