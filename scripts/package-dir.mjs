// `npm run package:dir`: the application folder that an installer would hold, unpacked in dist/. Electron's official download is taken
// where it is here, else the fallback, so that what is packed can be started and tested on a machine without the download host.
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureInstalled, main, projectDir, run } from './ensure.mjs';

const builder = join(projectDir, 'node_modules', 'electron-builder', 'cli.js');

/**
 * Packs into `output`/…-unpacked.
 * @returns {Promise<string>} the application folder
 */
export async function packageFolder(output = join(projectDir, 'dist')) {
  await ensureInstalled();
  const { resolveElectron } = await import('./electron-runtime.mjs');
  await ensureBuilt();
  await run(process.execPath, [join(projectDir, 'scripts', 'bundle-node.mjs')]);
  const electronDir = dirname(await resolveElectron());
  const words = [
    ...['--dir', '--publish', 'never'],
    `-c.directories.output=${output}`,
    `-c.electronDist=${electronDir}`,
    `-c.electronVersion=${versionOf(electronDir)}`,
  ];
  const { code, output: said } = await run(process.execPath, [builder, ...words]);
  if (code !== 0) throw new Error(`electron-builder failed:\n${said}`);
  const folder = readdirSync(output)
    .filter((name) => /unpacked$|^mac/.test(name))
    .map((name) => join(output, name))[0];
  if (!folder) throw new Error(`electron-builder made no application folder in ${output}`);
  // The fallback's stand-in for Electron's default app; the fuse that loads only the archive makes it idle.
  rmSync(join(folder, 'resources', 'app'), { recursive: true, force: true });
  return folder;
}

/** The official download says it in a file, the fallback in its folder's name. */
function versionOf(electronDir) {
  const file = join(electronDir, 'version');
  const said = existsSync(file) ? readFileSync(file, 'utf8') : basename(electronDir);
  const version = /\d+\.\d+\.\d+/.exec(said)?.[0];
  if (!version) throw new Error(`The version of the Electron in ${electronDir} is not known.`);
  return version;
}

/** Bytes below a path; links count as nothing. */
export function bytesOf(path) {
  const facts = lstatSync(path);
  if (facts.isSymbolicLink()) return 0;
  if (!facts.isDirectory()) return facts.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0);
}

/** What the folder holds, the largest first: `{ part, bytes }`; what is left over is Electron. */
export function sizesByPart(folder) {
  const resources = join(folder, 'resources');
  const unpacked = join(resources, 'app.asar.unpacked');
  const modules = join(unpacked, 'node_modules');
  const named = [
    ['window and main process (app.asar)', join(resources, 'app.asar')],
    ['engine and command line', join(unpacked, 'out')],
    ['Node runtime', join(resources, 'node')],
    ['starter pack', join(resources, 'starter')],
    ...(existsSync(modules) ? modulesOf(modules).map((name) => [`module ${name}`, join(modules, name)]) : []),
  ].map(([part, path]) => ({ part, bytes: existsSync(path) ? bytesOf(path) : 0 }));
  const total = bytesOf(folder);
  const electron = total - named.reduce((sum, { bytes }) => sum + bytes, 0);
  return [{ part: 'total', bytes: total }, { part: 'Electron', bytes: electron }, ...named].sort(
    (a, b) => b.bytes - a.bytes,
  );
}

function modulesOf(folder) {
  return readdirSync(folder).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(folder, name)).map((inner) => `${name}/${inner}`) : [name],
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async () => {
    const folder = await packageFolder();
    const sizes = sizesByPart(folder);
    const small = sizes.filter(({ bytes }) => bytes < 1e6);
    for (const { part, bytes } of sizes.filter((row) => row.bytes >= 1e6))
      console.log(`${(bytes / 1e6).toFixed(1).padStart(8)} MB  ${part}`);
    const rest = small.reduce((sum, { bytes }) => sum + bytes, 0);
    console.log(`${(rest / 1e6).toFixed(1).padStart(8)} MB  ${small.length} parts under 1 MB`);
    console.log(relative(projectDir, folder));
  });
}
