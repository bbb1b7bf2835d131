import type { CompilerReport, CompilerOperator } from '@shared/edgetpu';

const units = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/**
 * Reads what edgetpu_compiler prints or writes to its .log (versions 1.0 to 16.0). It has no other form, and prints no exact bytes: sizes have
 * two decimals of their unit. What is not there stays absent.
 */
export function parseCompilerLog(text: string): CompilerReport {
  const lines = text.replaceAll('\r', '').split('\n');
  const value = (name: string): string | undefined => {
    const line = lines.find((one) => one.startsWith(`${name}:`));
    return line?.slice(name.length + 1).trim();
  };
  const bytes = (...names: string[]): number | undefined => sizeOf(names.map(value).find((one) => one !== undefined));
  const count = (name: string): number | undefined => {
    const found = value(name);
    return found !== undefined && /^\d{1,9}$/.test(found) ? Number(found) : undefined;
  };
  const usedBytes = bytes('On-chip memory used for caching model parameters');
  // Up to version 2.0 the log names what there is before anything is cached.
  const availableBytes = bytes('On-chip memory available for caching model parameters');
  const operators = operatorRows(lines);
  const failure = failureOf(lines);
  return withoutAbsent({
    compiler: /Edge TPU Compiler version (\S+)/.exec(text)?.[1],
    milliseconds: numberOf(/Models? compiled successfully in (\d+) ms/.exec(text)?.[1]),
    inputBytes: bytes('Input size'),
    outputBytes: bytes('Output size'),
    onChipUsedBytes: usedBytes,
    onChipRemainingBytes:
      bytes('On-chip memory remaining for caching model parameters') ??
      (availableBytes === undefined || usedBytes === undefined ? undefined : availableBytes - usedBytes),
    streamedBytes: bytes('Off-chip memory used for streaming uncached model parameters'),
    subgraphs: count('Number of Edge TPU subgraphs'),
    operations: count('Total number of operations'),
    onTpu: count('Number of operations that will run on Edge TPU') ?? countOf(operators, true),
    onCpu: count('Number of operations that will run on CPU') ?? countOf(operators, false),
    operators,
    failure,
  });
}

function sizeOf(text: string | undefined): number | undefined {
  const found = /^(\d+(?:\.\d+)?) ?(B|KiB|MiB|GiB)$/.exec(text ?? '');
  return found ? Math.round(Number(found[1]) * units[found[2] as keyof typeof units]) : undefined;
}

/** The table after "Operator  Count  Status"; it ends with the first line of another form. */
function operatorRows(lines: readonly string[]): CompilerOperator[] {
  const head = lines.findIndex((line) => /^Operator\s+Count\s+Status\s*$/.test(line));
  const rows: CompilerOperator[] = [];
  for (const line of head < 0 ? [] : lines.slice(head + 1)) {
    const found = /^([A-Za-z][\w-]{0,99})\s+(\d{1,9})\s+(\S.*?)\s*$/.exec(line);
    if (found) rows.push({ op: found[1]!, count: Number(found[2]), status: found[3]! });
    else if (line.trim() !== '') break;
  }
  return rows;
}

const isMapped = ({ status }: CompilerOperator): boolean => status === 'Mapped to Edge TPU';

function countOf(operators: readonly CompilerOperator[], mapped: boolean): number | undefined {
  if (operators.length === 0) return undefined;
  return operators.filter((one) => isMapped(one) === mapped).reduce((sum, one) => sum + one.count, 0);
}

/** Why nothing was compiled, as the compiler says it; where it only says that it failed, what it printed last before. */
function failureOf(lines: readonly string[]): string | undefined {
  const named = lines.map((line) => /^Compilation failed: (.+?)\.?\s*$/.exec(line)?.[1]).find(Boolean);
  if (named) return named.replace(/^Compilation failed due to /, '');
  const other = lines.map(
    (line) => /^(?:Invalid model: .*|Model not quantized.*|Internal compiler error.*)$/.exec(line)?.[0],
  );
  const found = other.filter(Boolean);
  if (found.length > 0) return found.join('; ').replace(/\s*$/, '');
  if (!lines.some((line) => /^Compilation failed!/.test(line))) return undefined;
  const error = lines.map((line) => /^ERROR: (.+?)\s*$/.exec(line)?.[1]).find(Boolean);
  return error ?? 'the compiler gave no reason';
}

const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

function withoutAbsent(report: CompilerReport): CompilerReport {
  return Object.fromEntries(Object.entries(report).filter(([, value]) => value !== undefined)) as CompilerReport;
}
