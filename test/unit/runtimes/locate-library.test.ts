import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findLibrary, locateLibrary, type NativeLibrary } from '../../../src/main/engine/runtimes/locate-library';
import { pythonPackageFolders } from '../../../src/main/engine/runtimes/python-packages';

const library: NativeLibrary = {
  id: 'sample',
  title: 'Sample',
  file: /^libsample\.so(\.\d+)*$/,
  places: ['sample_package/libs', ''],
  distribution: 'sample_package',
  installation: { variable: 'SAMPLE_DIR', places: ['runtime/lib'] },
  remedy: '"whittle get sample" fetches it.',
};

let root: string;
const put = (...names: string[]): string => {
  const path = join(root, ...names);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  return path;
};
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'whittle-libraries-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('where a native library is found', () => {
  const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    WHITTLE_HOME: join(root, 'home'),
    PATH: '',
    ...more,
  });

  it('in its pack', () => {
    const path = put('home', 'runtimes', 'sample', 'libsample.so');
    expect(findLibrary(library, environment())).toEqual({ path, origin: 'runtime pack' });
  });

  it('in a folder that was named, before its pack', () => {
    put('home', 'runtimes', 'sample', 'libsample.so');
    const path = put('mine', 'sample_package', 'libs', 'libsample.so');
    const named = environment({ WHITTLE_RUNTIMES: [join(root, 'none'), join(root, 'mine')].join(delimiter) });
    expect(findLibrary(library, named)).toEqual({ path, origin: 'named folder' });
  });

  it('in the folder of its own installer', () => {
    const path = put('intel', 'runtime', 'lib', 'libsample.so.12');
    const installed = environment({ SAMPLE_DIR: join(root, 'intel') });
    expect(findLibrary(library, installed)).toEqual({ path, origin: 'installation' });
  });

  it('among the packages of Python, with the version of its distribution and the newest file', () => {
    const packages = join('venv', 'lib', 'python3.12', 'site-packages');
    put('venv', 'bin', 'python3');
    put(packages, 'sample_package-2.3.0.dist-info', 'METADATA');
    put(packages, 'sample_package', 'libs', 'libsample.so.9');
    const path = put(packages, 'sample_package', 'libs', 'libsample.so.10');
    expect(findLibrary(library, environment({ PATH: join(root, 'venv', 'bin') }))).toEqual({
      path,
      version: '2.3.0',
      origin: 'Python',
    });
  });

  it('nowhere: the error says where it was looked for and what to do', () => {
    expect(() => locateLibrary(library, environment({ WHITTLE_RUNTIMES: '/opt/mine' }))).toThrow(
      `Sample is not here (looked in /opt/mine, ${join(root, 'home', 'runtimes')}, SAMPLE_DIR, the packages of Python). "whittle get sample" fetches it.`,
    );
  });
});

describe.skipIf(process.platform === 'win32')('the packages of Python', () => {
  it('follow links to the interpreter, an environment before the system, newer versions first', () => {
    const real = put('usr', 'bin', 'python3.11');
    for (const version of ['python3.9', 'python3.11']) put('usr', 'lib', version, 'dist-packages', 'x.py');
    put('venv', 'lib', 'python3.11', 'site-packages', 'x.py');
    mkdirSync(join(root, 'venv', 'bin'));
    symlinkSync(real, join(root, 'venv', 'bin', 'python3'));
    const folders = pythonPackageFolders({ PATH: join(root, 'venv', 'bin') }, 'linux');
    expect(folders.slice(0, 3)).toEqual([
      join(root, 'venv', 'lib', 'python3.11', 'site-packages'),
      join(root, 'usr', 'lib', 'python3.11', 'dist-packages'),
      join(root, 'usr', 'lib', 'python3.9', 'dist-packages'),
    ]);
  });
});
