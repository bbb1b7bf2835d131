import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnergyFile, EnergySensor } from './energy-sensor';
import { attribute, entriesOf, numberAttribute } from './sysfs';

const joulesPerMicrojoule = 1e-6;
/** Running average power limit counters are updated about once a millisecond (Intel SDM volume 3B, "RAPL interfaces"). */
const updateMs = 1;

interface Zone {
  /** package-0, dram, core, uncore, psys. */
  name: string;
  file: EnergyFile;
  isReadable: boolean;
}

/**
 * The processor's own counters (Documentation/power/powercap/powercap.rst): its packages and, where that is counted apart, their memory. `core` and `uncore` are
 * within a package; `psys`, the whole board, stands in where there is no package, for few boards wire it up and their screens are in it too. The same
 * counters come a second time as `intel-rapl-mmio`. AMD's come by the same names. Since CVE-2020-8694 only root may read them.
 */
export async function readRapl(root: string): Promise<{ sensor?: EnergySensor; problem?: string }> {
  const folder = join(root, 'class/powercap');
  const names = (await entriesOf(folder)).filter((name) => /^intel-rapl:\d+(:\d+)?$/.test(name));
  const zones = (await Promise.all(names.map((name) => zoneOf(join(folder, name))))).filter(
    (zone) => zone !== undefined,
  );
  const packages = zones.filter(({ name }) => name.startsWith('package'));
  const counted =
    packages.length > 0
      ? [...packages, ...zones.filter(({ name }) => name === 'dram')]
      : zones.filter(({ name }) => name === 'psys').slice(0, 1);
  if (counted.length === 0) return {};
  if (counted.some(({ isReadable }) => !isReadable))
    return {
      problem: `The processor counts its energy, but since CVE-2020-8694 only root may read it, because who reads it can spy on others' work: if this machine is yours alone, "sudo chmod a+r ${folder}/intel-rapl:*/energy_uj" lets Whittle measure joules until the next start.`,
    };
  const files = counted.map(({ file }) => file);
  return { sensor: { domains: counted.map(({ name }) => name), files, of: 'processor', updateMs, stepJoules: 0 } };
}

async function zoneOf(folder: string): Promise<Zone | undefined> {
  const path = join(folder, 'energy_uj');
  const [name, range] = [
    await attribute(join(folder, 'name')),
    await numberAttribute(join(folder, 'max_energy_range_uj')),
  ];
  if (name === undefined || !range) return undefined;
  const isReadable = await access(path, constants.R_OK).then(
    () => true,
    (error: NodeJS.ErrnoException) => (error.code === 'EACCES' ? false : undefined),
  );
  // Virtual machines may list a zone and have nothing in it.
  if (isReadable === undefined || (isReadable && (await numberAttribute(path)) === undefined)) return undefined;
  return { name, file: { path, kind: 'counter', unit: joulesPerMicrojoule, range }, isReadable };
}
