import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { RuntimeInfo } from '@shared/runtime-info';
import type { Target } from '@shared/sweep-file';
import { deviceChoices, runtimeChoices } from '../../../src/renderer/sweep/target-choices';
import {
  onDevice,
  onRuntime,
  unknownOptions,
  withOptions,
  withoutOptions,
} from '../../../src/renderer/sweep/target-edits';

const schemaOf = (shape: z.ZodRawShape): Record<string, unknown> =>
  z.toJSONSchema(z.strictObject(shape), { io: 'input' });
const runtime = (id: string, more: Partial<RuntimeInfo> = {}): RuntimeInfo => ({
  id,
  title: id.toUpperCase(),
  format: 'onnx',
  version: '1.0',
  optionsSchema: {},
  devices: [{ id: 'cpu', title: 'CPU' }],
  ...more,
});
const plain = runtime('plain');
const rich = runtime('rich', {
  optionsSchema: schemaOf({ precision: z.enum(['f32', 'default']).default('f32') }),
  devices: [
    { id: 'cpu', title: 'CPU' },
    { id: 'gpu', title: 'A GPU' },
    { id: 'npu', title: 'An NPU', problem: 'no driver' },
  ],
});

describe('a target on another runtime', () => {
  const target: Target = {
    runtime: 'rich',
    device: 'gpu',
    threads: 300,
    options: { precision: 'default', fast: true },
  };

  it('keeps threads as typed, and of device and options what the new one has too', () => {
    const other = runtime('other', {
      optionsSchema: schemaOf({ precision: z.string(), kernels: z.string() }),
      devices: [{ id: 'gpu', title: 'GPU' }],
    });
    expect(onRuntime(target, 'other', other)).toEqual({
      runtime: 'other',
      device: 'gpu',
      threads: 300,
      options: { precision: 'default' },
    });
  });

  it('stays on its machine, as when device or options change', () => {
    const away: Target = { ...target, on: 'pi4' };
    const edited = [onRuntime(away, 'plain', plain), onDevice(away, 'cpu'), withOptions(away, {})];
    expect(edited.map(({ on }) => on)).toEqual(['pi4', 'pi4', 'pi4']);
  });

  it('says nothing of what is left without a device or an option', () => {
    expect(Object.keys(onRuntime(target, 'plain', plain))).toEqual(['runtime', 'threads']);
    expect(onRuntime(target, 'gone', undefined)).toEqual({ runtime: 'gone', threads: 300 });
  });

  it('and back is what it was, but for what was lost', () => {
    const there = onRuntime({ runtime: 'plain', device: 'cpu', threads: 2 }, 'rich', rich);
    expect(there).toEqual({ runtime: 'rich', device: 'cpu', threads: 2 });
    expect(onRuntime(there, 'plain', plain)).toEqual({ runtime: 'plain', device: 'cpu', threads: 2 });
  });
});

describe('device and options of a target', () => {
  it('are named where they are chosen, and left out where they are not', () => {
    expect(onDevice({ runtime: 'rich', threads: 1 }, 'gpu')).toEqual({ runtime: 'rich', device: 'gpu', threads: 1 });
    expect(onDevice({ runtime: 'rich', device: 'gpu', threads: 1 }, '')).toEqual({ runtime: 'rich', threads: 1 });
    const chosen = withOptions({ runtime: 'rich', threads: 1 }, { precision: 'default' });
    expect(chosen.options).toEqual({ precision: 'default' });
    expect(withOptions(chosen, {})).toEqual({ runtime: 'rich', threads: 1 });
  });

  it('that a file names and a schema does not have can be told and removed', () => {
    const options = { precision: 'f64', fast: true };
    expect(unknownOptions(options, rich.optionsSchema)).toEqual(['fast']);
    expect(unknownOptions(options, {})).toEqual(['precision', 'fast']);
    expect(withoutOptions(options, ['fast'])).toEqual({ precision: 'f64' });
  });
});

describe('runtimes to choose from', () => {
  it('are those that can be used, then the others with why not', () => {
    const unusable = (id: string, more: Partial<RuntimeInfo>): RuntimeInfo =>
      runtime(id, { version: undefined, problem: 'It is not here', ...more });
    const known = [
      unusable('lib', { lacks: 'library' }),
      plain,
      unusable('gpu', { lacks: 'device' }),
      unusable('mac', { lacks: 'machine' }),
      unusable('slow', { isPending: true }),
      rich,
    ];
    expect(runtimeChoices(known, 'plain').map(({ label }) => label)).toEqual([
      'plain',
      'rich',
      'lib (not here)',
      'gpu (nothing to run on)',
      'mac (for other machines)',
      'slow (being looked for)',
    ]);
  });

  it('hold what a file asks for, known or not', () => {
    expect(runtimeChoices([plain], 'nonesuch').at(-1)).toEqual({ value: 'nonesuch', label: 'nonesuch (unknown)' });
    expect(runtimeChoices([], 'plain')).toEqual([{ value: 'plain', label: 'plain' }]);
  });
});

describe('devices to choose from', () => {
  it('are offered where there are several; the first by naming none', () => {
    expect(deviceChoices(plain, undefined)).toEqual([]);
    expect(deviceChoices(plain, 'cpu')).toEqual([]);
    expect(deviceChoices(rich, undefined)).toEqual([
      { value: '', label: 'CPU' },
      { value: 'gpu', label: 'A GPU' },
      { value: 'npu', label: 'An NPU (not usable)' },
    ]);
  });

  it('keep the first named where a file names it, and what nobody knows', () => {
    expect(deviceChoices(rich, 'cpu')[0]).toEqual({ value: 'cpu', label: 'CPU' });
    expect(deviceChoices(plain, 'usb:1').map(({ value }) => value)).toEqual(['', 'usb:1']);
    expect(deviceChoices({ devices: [] }, 'usb:1')).toEqual([{ value: 'usb:1', label: 'usb:1 (unknown)' }]);
  });
});
