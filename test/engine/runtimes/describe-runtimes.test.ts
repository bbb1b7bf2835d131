import { expect, it } from 'vitest';
import { describeRuntimes } from '../../../src/main/engine/runtimes/describe-runtimes';
import { runtimes } from '../../../src/main/engine/runtimes/registry';

it('says of every runtime its version, or why it cannot be used', async () => {
  const described = await describeRuntimes();
  expect(described.map(({ id }) => id)).toEqual(runtimes.map(({ id }) => id));
  for (const { id, version, problem, devices, isPending } of described) {
    expect(isPending, id).toBeUndefined();
    expect((version === undefined) !== (problem === undefined), id).toBe(true);
    const isUsable = devices.some((device) => device.problem === undefined);
    expect(isUsable, id).toBe(version !== undefined);
  }
  expect(described[0]).toMatchObject({ id: 'ort-cpu', devices: [{ id: 'cpu' }] });
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
