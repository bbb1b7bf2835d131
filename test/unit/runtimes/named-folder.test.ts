import { delimiter } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

beforeEach(() => void vi.resetModules());
afterEach(() => void vi.unstubAllEnvs());

it('a folder of the settings comes after those of the environment, for this process and those it starts', async () => {
  vi.stubEnv('WHITTLE_RUNTIMES', '/opt/mine');
  const { nameRuntimesFolder } = await import('../../../src/main/engine/runtimes/named-folder');
  nameRuntimesFolder('/opt/other');
  expect(process.env.WHITTLE_RUNTIMES).toBe(`/opt/mine${delimiter}/opt/other`);
  nameRuntimesFolder('');
  expect(process.env.WHITTLE_RUNTIMES).toBe('/opt/mine');
});

it('without any, none is left behind', async () => {
  vi.stubEnv('WHITTLE_RUNTIMES', undefined);
  const { nameRuntimesFolder } = await import('../../../src/main/engine/runtimes/named-folder');
  nameRuntimesFolder('/opt/other');
  nameRuntimesFolder('');
  expect('WHITTLE_RUNTIMES' in process.env).toBe(false);
});
