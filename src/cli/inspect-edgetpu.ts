import { readFile } from 'node:fs/promises';
import type { EdgeTpuEstimate } from '@shared/edgetpu';
import { formatBytes } from '@shared/format';
import { compilerText, estimateText } from '@shared/presenter/edgetpu';
import { readExecutablePackage } from '../main/engine/coral/executable-package';
import { estimateEdgeTpu } from '../main/engine/formats/edgetpu/estimate';
import { readTflite } from '../main/engine/formats/tflite/read-model';
import type { Arguments } from './arguments';
import { textTable } from './text-table';

/** What the Edge TPU would do with a .tflite file, operator by operator; of a compiled one, what the file itself says. */
export async function inspectForEdgeTpu(arguments_: Arguments): Promise<number> {
  const path = arguments_.positionals[0]!;
  const bytes = await readFile(path);
  const compiled = readExecutablePackage(bytes, path);
  const estimate = compiled ? undefined : estimateEdgeTpu(readTflite(bytes, path));
  if (arguments_.flag('json')) {
    process.stdout.write(`${JSON.stringify({ path, compiled, estimate }, null, 2)}\n`);
    return 0;
  }
  if (compiled) {
    const { minimumRuntime, cachedBytes, streamedBytes } = compiled;
    const said = compilerText({ operators: [], onChipUsedBytes: cachedBytes, streamedBytes });
    process.stdout.write(`${path}\ncompiled for Edge TPU runtime ${minimumRuntime} and later. ${said}\n`);
    return 0;
  }
  process.stdout.write(`${path}\n\n${operatorTable(estimate!)}\n${estimateText(estimate!)}\n`);
  return 0;
}

/** Operators of one kind and fate in one row. */
function operatorTable({ operators }: EdgeTpuEstimate): string {
  const rows: { op: string; count: number; bytes: number; fate: string }[] = [];
  for (const { op, mapped, reason, parameterBytes } of operators) {
    const fate = mapped ? 'Edge TPU' : `CPU: ${reason}`;
    const same = rows.find((row) => row.op === op && row.fate === fate);
    if (same) {
      same.count++;
      same.bytes += parameterBytes;
    } else rows.push({ op, count: 1, bytes: parameterBytes, fate });
  }
  const cells = rows.map(({ op, count, bytes, fate }) => [
    op,
    String(count),
    bytes > 0 ? formatBytes(bytes) : '',
    fate,
  ]);
  const columns = [
    { title: 'operator' },
    { title: 'count', align: 'right' as const },
    { title: 'on the chip', align: 'right' as const },
    { title: 'runs on' },
  ];
  return textTable(columns, cells);
}
