import { formatBytes, formatNumber } from '@shared/format';
import type { RunView } from '@shared/run';
import { escapeHtml } from './escape-html';

/** Everything that must be equal for two runs to be comparable. */
export function manifestTable({ id, manifest }: RunView): string {
  const { machine, dataset } = manifest;
  const rows: [string, string][] = [
    ['run', id],
    ['Whittle / ONNX Runtime / Node', `${manifest.whittle} / ${manifest.onnxruntime} / ${manifest.node}`],
    [
      'machine',
      `${machine.cpu}, ${machine.cores} cores, ${formatBytes(machine.memoryBytes)}, ${machine.platform} ${machine.arch}`,
    ],
    ['instruction sets', machine.isa.join(' ')],
    ['targets', manifest.targets.join(', ')],
    [
      'dataset',
      `${dataset.name}: ${formatNumber(dataset.eval)} evaluation, ${formatNumber(dataset.calibration)} calibration images, ${formatNumber(dataset.skipped)} skipped; fingerprint ${dataset.fingerprint}`,
    ],
    ['seed', String(manifest.seed)],
    ['sweep sha256', manifest.sweepSha256],
    ...manifest.models.map((model): [string, string] => [
      model.name,
      `${formatBytes(model.sizeBytes)}, sha256 ${model.sha256}`,
    ]),
  ];
  const lines = rows.map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`);
  return `<h2>Manifest</h2><table class="facts"><tbody>${lines.join('')}</tbody></table>`;
}
