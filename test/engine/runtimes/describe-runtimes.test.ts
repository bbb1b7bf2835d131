import { expect, it } from 'vitest';
import { describeRuntimes } from '../../../src/main/engine/runtimes/describe-runtimes';
import { runtimes } from '../../../src/main/engine/runtimes/registry';

it('says of every runtime its version, or why it cannot be used', async () => {
  const described = await describeRuntimes();
  expect(described.map(({ id }) => id)).toEqual(runtimes.map(({ id }) => id));
  for (const { id, version, problem, lacks, command, devices, isPending } of described) {
    expect(isPending, id).toBeUndefined();
    expect((version === undefined) !== (problem === undefined), id).toBe(true);
    const isUsable = devices.some((device) => device.problem === undefined);
    expect(isUsable, id).toBe(version !== undefined);
    expect(isUsable, id).toBe(lacks === undefined);
    // What is for other machines alone is nothing to fetch here.
    if (lacks === 'machine') expect(command, id).toBeUndefined();
  }
  expect(described[0]).toMatchObject({ id: 'ort-cpu', devices: [{ id: 'cpu' }] });
  const openvino = described.find(({ id }) => id === 'openvino')!;
  expect(openvino.optionsSchema.properties).toMatchObject({ precision: { enum: ['f32', 'default'], default: 'f32' } });
});

it('does not keep a window waiting for drivers', async () => {
  const described = await describeRuntimes(0);
  for (const { id, isPending, problem } of described) {
    const { probe } = runtimes.find((runtime) => runtime.id === id)!;
    if (isPending) expect(probe, id).toBeDefined();
    if (isPending) expect(problem).toBe('It is still being looked for');
  }
  expect(described[0]!.isPending).toBeUndefined();
});

it.runIf(process.platform === 'linux')('tells what only other machines have from what is missing here', async () => {
  const described = await describeRuntimes();
  const lackOf = (wanted: string) => described.find(({ id }) => id === wanted)!.lacks;
  expect([lackOf('ort-directml'), lackOf('ort-coreml')]).toEqual(['machine', 'machine']);
  expect(lackOf('ort-cpu')).toBeUndefined();
  const litert = described.find(({ id }) => id === 'litert')!;
  if (litert.path === undefined) expect(litert).toMatchObject({ lacks: 'library', command: 'whittle get litert' });
});
