import { describe, expect, it } from 'vitest';
import { doctorFindings, type DoctorFacts } from '../../../src/cli/doctor-findings';
import { librariesNotFound } from '../../../src/cli/window-libraries';

const well: DoctorFacts = {
  machine: { platform: 'linux', isa: ['AVX2', 'AVX512_VNNI'], memoryBytes: 16e9, governor: 'performance', cores: 8 },
  writable: true,
  freeBytes: 100e9,
  models: 3,
  starter: true,
  downloads: true,
  electron: '/opt/Whittle/whittle',
  missingLibraries: [],
  needsVirtualScreen: false,
  energyProblems: [],
  runtimes: [{ id: 'ort-cpu', title: 'ONNX Runtime' }],
};

const ort = { id: 'ort-cpu', title: 'ONNX Runtime' };
const other = { id: 'ort-other', title: 'ONNX Runtime Other', problem: 'it takes macOS' };

describe('doctor', () => {
  it('finds nothing on a machine that lacks nothing', () => {
    expect(doctorFindings(well)).toEqual([]);
    // A runtime for other machines is no lack.
    expect(doctorFindings({ ...well, runtimes: [...well.runtimes, other] })).toEqual([]);
  });

  it.each<[string, Partial<DoctorFacts>, 'missing' | 'note', RegExp]>([
    ['a read-only workspace', { writable: false }, 'missing', /WHITTLE_HOME/],
    ['a full disk', { freeBytes: 5e8 }, 'missing', /500(\.0)? MB/],
    ['a small disk', { freeBytes: 5e9 }, 'note', /5(\.0+)? GB/],
    ['no Electron', { electron: undefined }, 'missing', /npm start/],
    ['libraries', { missingLibraries: ['libgbm.so.1'] }, 'missing', /libgbm\.so\.1.*apt-get/],
    ['no screen', { needsVirtualScreen: true }, 'missing', /xvfb/],
    ['the runtime', { runtimes: [{ ...ort, problem: 'no library.' }] }, 'missing', /ort-cpu.*no library/],
    [
      'a counter of energy that only root may read',
      { energyProblems: ['Only root may read it: do this.'] },
      'note',
      /^Only root/,
    ],
    [
      'a runtime to fetch',
      { runtimes: [{ id: 'lite', title: 'Lite', problem: 'Lite is not here.', command: 'whittle get lite' }] },
      'note',
      /^Lite is not here, so lite is no target: "whittle get lite" fetches it\.$/,
    ],
    ['no starter pack', { starter: false }, 'missing', /starter/],
    ['little memory', { machine: { ...well.machine, memoryBytes: 2e9 } }, 'note', /memory/],
    ['Windows', { machine: { ...well.machine, platform: 'win32' } }, 'note', /stepMemoryMB.*not watched/],
    ['one core', { machine: { ...well.machine, cores: 1 } }, 'note', /one core/],
    ['no int8 dot products', { machine: { ...well.machine, isa: ['AVX2'] } }, 'note', /saturate/],
    ['unknown instruction sets', { machine: { ...well.machine, isa: [] } }, 'note', /not known/],
    ['a saving governor', { machine: { ...well.machine, governor: 'powersave' } }, 'note', /powersave.*cpupower/],
    ['an empty model folder', { models: 0 }, 'note', /whittle get case-study/],
    ['an empty model folder and no downloads', { models: 0, downloads: false }, 'note', /put \.onnx files/],
  ])('names %s', (_case, change, kind, sentence) => {
    const [first] = doctorFindings({ ...well, ...change });
    expect(first?.kind).toBe(kind);
    expect(first?.sentence).toMatch(sentence);
    expect(first?.sentence).toMatch(/^[A-Z0-9].*\.$/);
  });

  it('says what is missing before what is only worth knowing', () => {
    const kinds = doctorFindings({ ...well, models: 0, electron: undefined, freeBytes: 2e9 }).map(({ kind }) => kind);
    expect(kinds).toEqual(['missing', 'note', 'note']);
  });

  it('reads what ldd misses', () => {
    expect(
      librariesNotFound('\tlinux-vdso.so.1 (0x0)\n\tlibgbm.so.1 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x1)\n'),
    ).toEqual(['libgbm.so.1']);
  });
});
