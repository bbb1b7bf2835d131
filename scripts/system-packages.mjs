// What Electron and the tests need of a Debian or Ubuntu machine, installed before anything else where that is possible.
import { logLine, run, runInherited } from './ensure.mjs';

const libraries = ['libgtk-3-0', 'libnss3', 'libgbm1', 'libasound2', 'libxss1', 'libxtst6', 'libnotify4'];
const screen = ['xvfb', 'xauth'];
/** Agents meet on it; where it is not to be had, their tests are skipped with a line that says so. */
const optional = ['nats-server'];

/** The line to type where shared libraries are missing. */
export const installLine = (names = libraries) => `sudo apt-get install -y --no-install-recommends ${names.join(' ')}`;

/**
 * Makes sure that the window's tests can run at all. As root, or with a sudo that asks nothing, it installs what is missing and says so;
 * otherwise it throws with the one line to type. Other systems than Debian and its kin are left alone.
 */
export async function ensureSystemPackages() {
  if (process.platform !== 'linux' || !(await succeeds('dpkg-query', ['--version']))) return;
  const missing = [];
  for (const name of [...screen, ...libraries]) if (!(await isInstalled(name))) missing.push(name);
  const wanted = [];
  for (const name of optional) if (!(await isInstalled(name))) wanted.push(name);
  if (missing.length + wanted.length === 0) return;
  const isRoot = process.getuid() === 0;
  if (!isRoot && !(await succeeds('sudo', ['-n', 'true']))) {
    if (missing.length === 0) return void logLine(`Tests that need ${wanted.join(' ')} are skipped: it is not here`);
    throw new Error(
      `The window's tests need packages this machine lacks. Install them, then run npm test again:\n  ${installLine(missing)}`,
    );
  }
  const apt = async (...args) => {
    if ((await tryApt(args)) === 0) return;
    throw new Error(
      `apt-get ${args[0]} failed. Install these packages by hand, then run npm test again:\n  ${installLine(missing)}`,
    );
  };
  const tryApt = (args) => {
    const [command, ...rest] = [
      ...(isRoot ? [] : ['sudo', '-n']),
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      '-qq',
      ...args,
    ];
    return runInherited(command, rest);
  };
  logLine(`Installing the packages that the tests need: ${[...missing, ...wanted].join(' ')}`);
  if (missing.length > 0) {
    await apt('update');
    const names = await Promise.all(missing.map(nameHere));
    await apt('install', '-y', '--no-install-recommends', ...names);
  } else await tryApt(['update']);
  for (const name of wanted)
    if ((await tryApt(['install', '-y', '--no-install-recommends', name])) !== 0)
      logLine(`${name} is not to be had, so its tests are skipped`);
}

/** From Debian 13 and Ubuntu 24.04 on, some of the names end in t64. dpkg-query fails as a whole when it does not know one of the two. */
async function isInstalled(name) {
  const { output } = await run('dpkg-query', ['-W', '-f=${db:Status-Status}\\n', name, `${name}t64`]);
  return /^installed$/m.test(output);
}

const nameHere = async (name) => ((await succeeds('apt-cache', ['show', `${name}t64`])) ? `${name}t64` : name);

const succeeds = (command, args) =>
  run(command, args).then(
    ({ code }) => code === 0,
    () => false,
  );
