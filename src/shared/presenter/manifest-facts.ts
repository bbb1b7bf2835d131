import { formatBytes, formatCounted, formatNumber } from '../format';
import type { Manifest } from '../run';

/** A line of a list of facts: "Seed", "1". Hashes stand in full. */
export interface Fact {
  name: string;
  value: string;
  mono?: boolean;
}

/** Everything that must be equal for two runs to be comparable. */
export function manifestFacts(manifest: Manifest): Fact[] {
  const { machine, dataset } = manifest;
  return [
    { name: 'CPU', value: `${machine.cpu}, ${formatCounted(machine.cores, 'core')}` },
    { name: 'Instruction sets', value: machine.isa.join(', ') || 'unknown' },
    { name: 'Memory', value: formatBytes(machine.memoryBytes) },
    {
      name: 'System',
      value: `${machine.platform} ${machine.arch}${machine.governor ? `, governor ${machine.governor}` : ''}`,
    },
    ...Object.entries(manifest.elsewhere ?? {}).map(([label, other]) => ({
      name: `Machine ${label}`,
      value: otherText(other),
    })),
    { name: 'Targets', value: manifest.targets.map((target) => targetText(target, manifest)).join(', ') || 'none' },
    { name: 'Whittle', value: manifest.whittle },
    { name: 'ONNX Runtime', value: manifest.onnxruntime },
    { name: 'Node', value: manifest.node },
    { name: 'Dataset', value: `${dataset.name} (${dataset.path})` },
    {
      name: 'Images',
      value: `${formatNumber(dataset.eval)} evaluation, ${formatNumber(dataset.calibration)} calibration, ${dataset.train ? `${formatNumber(dataset.train)} training, ` : ''}${formatNumber(dataset.skipped)} skipped`,
    },
    { name: 'Dataset hash', value: dataset.fingerprint, mono: true },
    { name: 'Sweep hash', value: manifest.sweepSha256, mono: true },
    { name: 'Seed', value: String(manifest.seed) },
    ...manifest.models.map((model) => ({
      name: model.name,
      value: `${formatBytes(model.sizeBytes)}, sha256 ${model.sha256}`,
      mono: true,
    })),
  ];
}

/** "Cortex-A72, 4 cores, linux arm64, governor performance, NEON; litert 2.3". */
function otherText({ machine, runtimes }: NonNullable<Manifest['elsewhere']>[string]): string {
  const { cpu, cores, platform, arch, governor, isa } = machine;
  const words = [cpu, formatCounted(cores, 'core'), `${platform} ${arch}`, governor && `governor ${governor}`, ...isa];
  const versions = Object.entries(runtimes).map(([id, version]) => `${id} ${version}`);
  return `${words.filter(Boolean).join(', ')}; ${versions.join(', ')}`;
}

/** "edgetpu usb:0 x1 (super speed; against the network in tflite x1)". */
function targetText(target: string, { connections, baselineTargets }: Manifest): string {
  const other = baselineTargets?.[target];
  const facts = [connections?.[target], other && `against the network in ${other}`].filter(Boolean);
  return facts.length > 0 ? `${target} (${facts.join('; ')})` : target;
}
