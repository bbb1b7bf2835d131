import { expect, it } from 'vitest';
import { checkTarget } from '../../../src/main/engine/runtimes/check-target';
import { openvino } from '../../../src/main/engine/runtimes/openvino';
import { toAppError } from '../../../src/shared/errors';
import { targetName, type Target } from '../../../src/shared/sweep-file';

it.each<[Target, string]>([
  [{ runtime: 'ort-cpu', threads: 4 }, 'fine'],
  [{ runtime: 'ort-cpu', device: 'cpu', threads: 1 }, 'fine'],
  [{ runtime: 'ort-web', threads: 1, options: {} }, 'fine'],
  [{ runtime: 'ort-web', threads: 2 }, 'uses at most 1 thread'],
  [{ runtime: 'ort-web', device: 'npu', threads: 1 }, 'has no device "npu" here, only wasm'],
  [{ runtime: 'ort-cpu', threads: 1, options: { precision: 'bf16' } }, 'Unrecognized key: "precision"'],
  [{ runtime: 'nonesuch', threads: 1 }, 'Available here: ort-cpu, ort-web'],
])('%o: %s', async (target, answer) => {
  const said = await checkTarget(target).then(
    () => 'fine',
    (thrown: unknown) => toAppError(thrown).message,
  );
  expect(said).toContain(answer);
});

it('names what differs from the defaults', () => {
  expect(targetName({ runtime: 'ort-cpu', threads: 2 })).toBe('ort-cpu x2');
  expect(targetName({ runtime: 'edgetpu', device: 'usb:0', threads: 1, options: { performance: 'max' } })).toBe(
    'edgetpu usb:0 x1 {performance:max}',
  );
});

it.each<[string, object, RegExp | undefined]>([
  ['npu', { precision: 'f32' }, /no float32: give it options \{ precision: default \}/],
  ['npu.1', { precision: 'f32' }, /computes in float16/],
  ['npu', { precision: 'default' }, undefined],
  ['gpu', { precision: 'f32' }, undefined],
  ['cpu', { precision: 'f32' }, undefined],
])('an Intel device "%s" with %o', (device, options, problem) => {
  const said = openvino.optionProblem!(device, options as Record<string, unknown>);
  if (problem) expect(said).toMatch(problem);
  else expect(said).toBeUndefined();
});
