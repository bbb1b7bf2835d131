import { createHash, randomBytes } from 'node:crypto';
import { copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError } from '@shared/errors';
import { writeError } from '../files/atomic-file';
import { runClient } from './run-client';
import type { RuntimePack } from '../runtimes/runtime-packs';
import { unpackArchive } from './unpack-archive';

/** Of the tarball: far more than it holds, far less than would hurt. */
const tarballLimits = { root: 'package', entries: 500, bytes: 2 ** 26 };

type Pack<Client extends RuntimePack['client']> = Extract<RuntimePack, { client: Client }>;

/**
 * Fetches the library of a runtime into `folder`/NAME through the client of its registry, checked against the pinned hash; no script of a
 * package runs. An older pack there is replaced as a whole.
 * @returns that folder. Throws `pack.none`, `pack.client`, `download.damaged`, `archive.*`, `output.*` and `cancelled`.
 */
export async function getPack(pack: RuntimePack, folder: string, signal?: AbortSignal): Promise<string> {
  const destination = join(folder, pack.name);
  const work = join(folder, `.${pack.name}.${randomBytes(6).toString('hex')}.tmp`);
  const made = join(work, 'pack');
  try {
    await mkdir(made, { recursive: true });
    if (pack.client === 'npm') await fromTarball(pack, work, made, signal);
    else await fromWheel(pack, work, made, signal);
    await rm(destination, { recursive: true, force: true });
    await rename(made, destination);
  } catch (thrown) {
    throw writeError(destination, thrown);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return destination;
}

async function fromTarball(pack: Pack<'npm'>, work: string, made: string, signal?: AbortSignal): Promise<void> {
  if (pack.folder === undefined) throw noneHere(pack, 'Build its C library, and name the folder that holds it.');
  const wanted = `${pack.package}@${pack.packageVersion}`;
  const otherwise = `Put the files of "${pack.folder}" of ${wanted} into a folder, and name it in Settings or WHITTLE_RUNTIMES.`;
  await runClient(['npm', 'pack', wanted, '--ignore-scripts', '--silent', '--pack-destination', '.'], {
    ...{ purpose: wanted, otherwise, folder: work, signal },
  });
  const name = (await readdir(work)).find((entry) => entry.endsWith('.tgz'));
  const tarball = join(work, name ?? `${pack.package}.tgz`);
  const integrity = `sha512-${createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64')}`;
  if (integrity !== pack.integrity)
    throw new AppError('download.damaged', { url: wanted, detail: 'its sha512 is another one' });
  const unpacked = join(work, 'unpacked');
  await unpackArchive(tarball, unpacked, tarballLimits, { signal });
  const libraries = await readdir(join(unpacked, pack.folder));
  for (const library of libraries.filter((entry) => !entry.endsWith('.lib')))
    await copyFile(join(unpacked, pack.folder, library), join(made, library));
  for (const kept of pack.keep) await cp(join(unpacked, kept), join(made, basename(kept)), { recursive: true });
}

/** pip unpacks a wheel safely, and only where its hash is the one in the list of requirements. */
async function fromWheel(pack: Pack<'pip'>, work: string, made: string, signal?: AbortSignal): Promise<void> {
  const requirement = `${pack.distribution}==${pack.version}`;
  const byHand = `Install it with "pip install ${requirement}": Whittle finds it among the packages of python3.`;
  if (!pack.wheel) throw noneHere(pack, byHand);
  const { platform, python, sha256 } = pack.wheel;
  await writeFile(join(work, 'requirements.txt'), `${requirement} --hash=sha256:${sha256}\n`);
  const interpreter = process.platform === 'win32' ? 'python' : 'python3';
  await runClient(
    [
      ...[interpreter, '-m', 'pip', '--disable-pip-version-check', '--no-input', 'install', '--quiet'],
      ...['--no-deps', '--only-binary', ':all:', '--no-compile', '--require-hashes'],
      ...['--platform', platform, '--python-version', python, '--implementation', 'cp', '--target', basename(made)],
      ...['--requirement', 'requirements.txt'],
    ],
    { purpose: requirement, otherwise: byHand, folder: work, signal },
  );
}

const noneHere = ({ title }: RuntimePack, otherwise: string): AppError =>
  new AppError('pack.none', { title, platform: `${process.platform} ${process.arch}`, otherwise });
