/**
 * Instruction sets that change the speed or, for int8, the results of a network, by the names operating systems give them.
 * Order is the order shown.
 */
const cpuinfoNames: readonly [flag: string, name: string][] = [
  ['sse4_2', 'SSE4.2'],
  ['avx2', 'AVX2'],
  ['f16c', 'F16C'],
  ['avx512f', 'AVX512F'],
  ['avx512_vnni', 'AVX512_VNNI'],
  ['avx512_fp16', 'AVX512_FP16'],
  ['avx_vnni', 'AVX_VNNI'],
  ['amx_int8', 'AMX_INT8'],
  ['asimd', 'ASIMD'],
  ['asimddp', 'ASIMDDP'],
  ['asimdhp', 'FP16'],
  ['i8mm', 'I8MM'],
  ['sve', 'SVE'],
];

const sysctlNames: readonly [key: string, name: string][] = [
  ['hw.optional.sse4_2', 'SSE4.2'],
  ['hw.optional.avx2_0', 'AVX2'],
  ['hw.optional.f16c', 'F16C'],
  ['hw.optional.avx512f', 'AVX512F'],
  ['hw.optional.avx512vnni', 'AVX512_VNNI'],
  ['hw.optional.AdvSIMD', 'ASIMD'],
  ['hw.optional.arm.FEAT_DotProd', 'ASIMDDP'],
  ['hw.optional.arm.FEAT_FP16', 'FP16'],
  ['hw.optional.arm.FEAT_I8MM', 'I8MM'],
];

/** From the text of Linux's /proc/cpuinfo: what every core offers ("flags" on x86, "Features" on arm64). */
export function parseCpuinfo(text: string): string[] {
  const cores = [...text.matchAll(/^(?:flags|Features)\s*:(.*)$/gm)].map(
    (match) => new Set(match[1]!.trim().split(/\s+/)),
  );
  if (cores.length === 0) return [];
  // Cores may differ (big.LITTLE); a thread can land on any of them.
  return cpuinfoNames.filter(([flag]) => cores.every((flags) => flags.has(flag))).map(([, name]) => name);
}

/** From the text of macOS's `sysctl hw.optional`. */
export function parseSysctl(text: string): string[] {
  const on = new Set([...text.matchAll(/^(\S+):\s*1$/gm)].map((match) => match[1]));
  return sysctlNames.filter(([key]) => on.has(key)).map(([, name]) => name);
}

/** A name for the CPU of an arm64 Linux machine, where Node knows none: the board, else implementer and part number. */
export function parseArmCpuName(text: string): string | undefined {
  const field = (name: string): string | undefined => new RegExp(`^${name}\\s*:\\s*(\\S.*?)\\s*$`, 'm').exec(text)?.[1];
  const board = field('Model') ?? field('Hardware');
  if (board) return board;
  const implementer = field('CPU implementer');
  const part = field('CPU part');
  return implementer && part ? `arm64 implementer ${implementer} part ${part}` : undefined;
}
