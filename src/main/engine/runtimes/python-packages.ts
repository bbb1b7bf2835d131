import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/**
 * Folders in which packages of Python may lie here, those of an active environment first: found from where `python3` is on the PATH and from
 * the usual places of each platform, without starting it.
 */
export function pythonPackageFolders(
  environment: NodeJS.ProcessEnv = process.env,
  platform = process.platform,
): string[] {
  const active = [environment.VIRTUAL_ENV, environment.CONDA_PREFIX].filter((prefix) => prefix !== undefined);
  const prefixes = [...active, ...prefixesOnPath(environment, platform)];
  const folders = [...prefixes.flatMap(packagesOfPrefix), ...userFolders(environment, platform)];
  return [...new Set(folders)];
}

function prefixesOnPath({ PATH, Path }: NodeJS.ProcessEnv, platform: string): string[] {
  const isWindows = platform === 'win32';
  const names = isWindows ? ['python3.exe', 'python.exe'] : ['python3', 'python'];
  return (PATH ?? Path ?? '')
    .split(delimiter)
    .filter(Boolean)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .filter((program) => existsSync(program))
    .flatMap((program) => [program, realpathSync(program)])
    .map((program) => (isWindows ? dirname(program) : dirname(dirname(program))));
}

function packagesOfPrefix(prefix: string): string[] {
  const versions = namesIn(join(prefix, 'lib')).filter((name) => /^python3/.test(name));
  return [
    ...versions.flatMap((version) =>
      ['site-packages', 'dist-packages'].map((packages) => join(prefix, 'lib', version, packages)),
    ),
    join(prefix, 'Lib', 'site-packages'),
  ].filter((folder) => existsSync(folder));
}

/** Where `pip install --user` puts packages. */
function userFolders({ APPDATA }: NodeJS.ProcessEnv, platform: string): string[] {
  const [base, inside] =
    platform === 'win32'
      ? [join(APPDATA ?? homedir(), 'Python'), 'site-packages']
      : platform === 'darwin'
        ? [join(homedir(), 'Library', 'Python'), join('lib', 'python', 'site-packages')]
        : [join(homedir(), '.local', 'lib'), 'site-packages'];
  return namesIn(base)
    .filter((name) => /^python3|^3\./i.test(name))
    .map((version) => join(base, version, inside))
    .filter((folder) => existsSync(folder));
}

function namesIn(folder: string): string[] {
  try {
    // The newest first: 3.12 before 3.9.
    return readdirSync(folder).sort((one, other) => other.localeCompare(one, 'en', { numeric: true }));
  } catch {
    return [];
  }
}
