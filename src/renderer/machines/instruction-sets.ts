/** Instruction sets that decide int8 speed, the strongest first. */
const notable = ['AMX_INT8', 'AVX512_VNNI', 'AVX_VNNI', 'AVX512F', 'AVX2', 'ASIMDDP'];

export function strongestSet(sets: readonly string[]): string | undefined {
  return notable.find((name) => sets.includes(name));
}
