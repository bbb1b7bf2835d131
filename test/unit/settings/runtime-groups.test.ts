import { describe, expect, it } from 'vitest';
import type { RuntimeInfo } from '@shared/runtime-info';
import { abilityText, groupRuntimes, problemText, remedyFor } from '../../../src/renderer/settings/runtime-groups';

const runtime = (id: string, more: Partial<RuntimeInfo> = {}): RuntimeInfo => ({
  id,
  title: id,
  format: 'onnx',
  optionsSchema: {},
  devices: [],
  ...more,
});

describe('runtimes in Settings', () => {
  it('are ready, to be added, or for other machines', () => {
    const groups = groupRuntimes([
      runtime('mac', { problem: 'It takes macOS', lacks: 'machine' }),
      runtime('lib', { problem: 'It is not here.', lacks: 'library' }),
      runtime('cpu', { version: '1' }),
      runtime('slow', { problem: 'It is still being looked for', isPending: true }),
    ]);
    const ids = Object.values(groups).map((group) => group.map(({ id }) => id));
    expect(ids).toEqual([['cpu'], ['lib', 'slow'], ['mac']]);
  });

  it.each([
    [undefined, ''],
    ['It takes macOS', 'It takes macOS.'],
    ['the process that looked for it ended with code 1', 'The process that looked for it ended with code 1.'],
    ['libedgetpu is not here. Build it.', 'libedgetpu is not here. Build it.'],
    ['/opt/lib.so cannot be loaded', '/opt/lib.so cannot be loaded.'],
    [
      'LiteRT is not here (looked in /home/ada/.whittle). "whittle get litert" fetches it; or name the folder that holds it in Settings.',
      'LiteRT is not here (looked in /home/ada/.whittle).',
    ],
  ])('say what is missing in whole sentences without a command: %s', (problem, text) => {
    expect(problemText(problem)).toBe(text);
  });

  it('say what they run, and where they cannot', () => {
    const devices = [
      { id: 'cpu', title: 'CPU' },
      { id: 'gpu', title: 'Intel GPU', problem: 'none' },
    ];
    expect(abilityText({ format: 'onnx', devices })).toBe('Runs .onnx files on CPU; no Intel GPU');
    expect(abilityText({ format: 'tflite', devices: devices.slice(0, 1) })).toBe('Runs .tflite files on CPU');
  });

  it('offer one thing to do', () => {
    const pack = { version: '2.3.0', licence: 'Apache-2.0', bytes: 1, client: 'pip' };
    expect(remedyFor({ pack, command: 'whittle get litert', lacks: 'library' })).toBe('get');
    expect(remedyFor({ command: 'whittle get litert', lacks: 'library' })).toBe('copy-command');
    expect(remedyFor({ lacks: 'library' })).toBe('name-folder');
    expect(remedyFor({ lacks: 'device' })).toBe('look-again');
  });
});
