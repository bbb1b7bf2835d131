// `npm run test:e2e [-- playwright arguments]`: the window's tests, on the real Electron, without needing a screen.
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, main, projectDir, runInherited } from './ensure.mjs';

await main(async () => {
  await ensureInstalled();
  // These import dependencies, which may not have been there a moment ago.
  const { checkLibraries, openScreens } = await import('./linux-desktop.mjs');
  const { resolveElectron } = await import('./electron-runtime.mjs');

  await ensureBuilt();
  const electron = await resolveElectron();
  await checkLibraries(electron);
  // Most of the time a window waits for what is computed or for a reader: two at once.
  const screens = await openScreens(2);
  const names = screens.flatMap(({ display }) => display ?? []);
  const env = {
    ...process.env,
    WHITTLE_ELECTRON: electron,
    ...(names.length > 0 && { DISPLAY: names[0], WHITTLE_SCREENS: names.join(' ') }),
  };
  const cli = join(projectDir, 'node_modules', '@playwright', 'test', 'cli.js');
  const args = [cli, 'test', '-c', join('test', 'e2e', 'playwright.config.ts'), ...process.argv.slice(2)];
  try {
    return await runInherited(process.execPath, args, { env });
  } finally {
    for (const { close } of screens) close();
  }
});
