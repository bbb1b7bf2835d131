import { describe, expect, it } from 'vitest';
import { parseArmCpuName, parseCpuinfo, parseSysctl } from '../../../src/main/engine/machine/instruction-sets';
import { machineFacts, machineId } from '../../../src/main/engine/machine/machine';
import { parsePeakMemory, peakMemoryBytes } from '../../../src/main/engine/measure/latency/memory';

const x86 = `processor\t: 0
model name\t: Example CPU @ 2.00GHz
flags\t\t: fpu sse4_1 sse4_2 avx avx2 f16c avx512f avx512_vnni avx_vnni amx_int8 avx512_fp16
vmx flags\t: vnmi
processor\t: 1
flags\t\t: fpu sse4_1 sse4_2 avx avx2 f16c avx512f avx512_vnni avx_vnni amx_int8 avx512_fp16
`;
const board = `processor\t: 0
Features\t: fp asimd evtstrm aes crc32 asimdhp cpuid asimdrdm asimddp
CPU implementer\t: 0x41
CPU part\t: 0xd0b
processor\t: 1
Features\t: fp asimd evtstrm asimdhp asimddp i8mm sve
CPU implementer\t: 0x41
CPU part\t: 0xd41

Revision\t: d04170
Model\t\t: Example Board 5
`;

describe('parseCpuinfo', () => {
  it('names what an x86 CPU offers', () => {
    expect(parseCpuinfo(x86)).toEqual([
      'SSE4.2',
      'AVX2',
      'F16C',
      'AVX512F',
      'AVX512_VNNI',
      'AVX512_FP16',
      'AVX_VNNI',
      'AMX_INT8',
    ]);
  });

  it('names what all cores of an arm64 CPU offer', () => {
    expect(parseCpuinfo(board)).toEqual(['ASIMD', 'ASIMDDP', 'FP16']);
  });

  it.each([
    { name: 'nothing known', text: '' },
    { name: 'another format', text: 'isa\t: rv64imafdc' },
    { name: 'a flag that only begins like one we know', text: 'flags : avx2x xavx2 avx' },
  ])('is empty for $name', ({ text }) => {
    expect(parseCpuinfo(text)).toEqual([]);
  });
});

describe('parseSysctl', () => {
  it('takes what is switched on', () => {
    const text =
      'hw.optional.arm.FEAT_DotProd: 1\nhw.optional.arm.FEAT_I8MM: 0\nhw.optional.AdvSIMD: 1\nhw.optional.arm.FEAT_FP16: 1\n';
    expect(parseSysctl(text)).toEqual(['ASIMD', 'ASIMDDP', 'FP16']);
  });
});

describe('parseArmCpuName', () => {
  it.each([
    { text: board, expected: 'Example Board 5' },
    { text: 'CPU implementer\t: 0x41\nCPU part\t: 0xd0b\n', expected: 'arm64 implementer 0x41 part 0xd0b' },
    { text: '', expected: undefined },
  ])('gives $expected', ({ text, expected }) => {
    expect(parseArmCpuName(text)).toBe(expected);
  });
});

describe('machineId', () => {
  const facts = {
    cpu: 'Example CPU',
    isa: ['AVX2', 'F16C'],
    system: 'linux',
    arch: 'x64',
    cores: 4,
    governor: 'performance',
  };

  it('is short and does not depend on the order of instruction sets', () => {
    expect(machineId(facts)).toMatch(/^[0-9a-f]{12}$/);
    expect(machineId({ ...facts, isa: ['F16C', 'AVX2'] })).toBe(machineId(facts));
  });

  it.each([
    { cpu: 'Other CPU' },
    { isa: ['AVX2'] },
    { system: 'darwin' },
    { arch: 'arm64' },
    { cores: 8 },
    { governor: 'powersave' },
  ])('changes with %o', (change) => {
    expect(machineId({ ...facts, ...change })).not.toBe(machineId(facts));
  });
});

describe('machineFacts', () => {
  it('describes this machine, twice the same', async () => {
    const machine = await machineFacts();
    expect(machine.cpu.length).toBeGreaterThan(0);
    expect(machine.cores).toBeGreaterThan(0);
    expect(machine.memoryBytes).toBeGreaterThan(2 ** 28);
    expect((await machineFacts()).id).toBe(machine.id);
  });
});

describe('peak memory', () => {
  it('is read from /proc/self/status', () => {
    expect(parsePeakMemory('VmPeak:\t  900 kB\nVmHWM:\t  123456 kB\nVmRSS:\t 1 kB\n')).toBe(123456 * 1024);
    expect(parsePeakMemory('Name: node\n')).toBeUndefined();
  });

  it('of this process is at least what it holds', async () => {
    expect(await peakMemoryBytes()).toBeGreaterThan(20e6);
  });
});
