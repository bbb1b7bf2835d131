// `npm start` opens the window; `npm run dev` (--dev) opens it with the sources reloading as they change.
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, main, projectDir, runInherited } from './ensure.mjs';

await main(async () => {
  await ensureInstalled();
  // These import dependencies, which may not have been there a moment ago.
  const { checkDisplay, checkLibraries } = await import('./linux-desktop.mjs');
  const { resolveElectron, sandboxArguments } = await import('./electron-runtime.mjs');

  checkDisplay();
  const args = process.argv.slice(2);
  const isDev = args.includes('--dev');
  const appArguments = args.filter((arg) => arg !== '--dev');
  if (!isDev) await ensureBuilt();
  const electron = await resolveElectron();
  await checkLibraries(electron);

  if (!isDev) return runInherited(electron, [...sandboxArguments(), projectDir, ...appArguments]);
  const vite = join(projectDir, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  return runInherited(process.execPath, [vite, 'dev', '--', ...sandboxArguments(), ...appArguments], {
    env: { ...process.env, ELECTRON_EXEC_PATH: electron },
  });
});
