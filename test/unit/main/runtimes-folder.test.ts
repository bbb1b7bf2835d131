import { expect, it } from 'vitest';
import { checkRuntimesFolder } from '../../../src/main/runtimes-folder';

it('a folder of runtimes was chosen, or named before; others are refused', async () => {
  const [chosen, named] = [new Set(['/chosen']), { runtimesFolder: '/before' }];
  const check = (runtimesFolder?: string): Promise<void> =>
    checkRuntimesFolder({ runtimesFolder }, chosen, () => Promise.resolve(named));
  await check();
  await check('/chosen');
  await check('');
  named.runtimesFolder = '';
  // What was cleared may be brought back.
  await check('/before');
  await expect(check('\\\\host\\share')).rejects.toMatchObject({ code: 'ipc.invalid' });
});
