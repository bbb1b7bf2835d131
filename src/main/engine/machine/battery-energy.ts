import { join } from 'node:path';
import type { EnergyFile, EnergySensor } from './energy-sensor';
import { isOnBattery } from './power-supply';
import { attribute, entriesOf, numberAttribute } from './sysfs';

/** Micro-watt-hours to joules, micro-ampere-hours to coulombs. */
const secondsOfMicroHour = 3600e-6;
const micro = 1e-6;
/** How long the kernel keeps what the embedded controller said (drivers/acpi/battery.c, cache_time). */
const updateMs = 1000;

/**
 * Fuel gauges of batteries while they feed the machine (Documentation/ABI/testing/sysfs-class-power): the energy or the charge that is left or, where neither is
 * told, the power. They see everything, the screen too, once a second and in coarse steps.
 */
export async function batterySensor(root: string): Promise<{ sensor?: EnergySensor; problem?: string }> {
  const folder = join(root, 'class/power_supply');
  if (!(await isOnBattery(folder))) return {};
  const gauges = await Promise.all((await entriesOf(folder)).map((name) => gaugeOf(folder, name)));
  const found = gauges.filter((gauge) => gauge !== undefined);
  if (found.length === 0 || found.some(({ file }) => file === undefined)) return {};
  return {
    sensor: {
      domains: found.map(({ name }) => `battery ${name}`),
      files: found.map(({ file }) => file!),
      of: 'machine',
      updateMs,
      stepJoules: Math.max(...found.map(({ stepJoules }) => stepJoules)),
    },
  };
}

interface Gauge {
  name: string;
  /** Absent: the battery tells nothing of its energy. */
  file?: EnergyFile;
  stepJoules: number;
}

async function gaugeOf(folder: string, name: string): Promise<Gauge | undefined> {
  const path = (file: string): string => join(folder, name, file);
  if ((await attribute(path('type'))) !== 'Battery' || (await attribute(path('scope'))) === 'Device') return undefined;
  const energies = await numbersOf(path, ['energy_now', 'energy_full', 'energy_full_design']);
  if (energies[0] !== undefined) {
    const file: EnergyFile = { path: path('energy_now'), kind: 'counter', unit: secondsOfMicroHour, isRemainder: true };
    return { name, file, stepJoules: stepOf(energies) * secondsOfMicroHour };
  }
  const charges = await numbersOf(path, ['charge_now', 'charge_full', 'charge_full_design']);
  const voltage = await numberAttribute(path('voltage_now'));
  if (charges[0] !== undefined && voltage !== undefined) {
    const unit = secondsOfMicroHour;
    const voltagePath = path('voltage_now');
    const file: EnergyFile = { path: path('charge_now'), kind: 'charge', unit, isRemainder: true, voltagePath };
    return { name, file, stepJoules: stepOf(charges) * unit * voltage * micro };
  }
  if ((await numberAttribute(path('power_now'))) === undefined) return { name, stepJoules: 0 };
  return { name, file: { path: path('power_now'), kind: 'power', unit: micro }, stepJoules: 0 };
}

const numbersOf = (path: (file: string) => string, files: readonly string[]): Promise<(number | undefined)[]> =>
  Promise.all(files.map((file) => numberAttribute(path(file))));

/** The greatest power of ten that divides all that is told: gauges count in milli-watt-hours, or in ten of them. */
export function stepOf(numbers: readonly (number | undefined)[]): number {
  const told = numbers.filter((number) => number !== undefined && number !== 0) as number[];
  let step = 1;
  while (told.length > 0 && step < 1e6 && told.every((number) => number % (10 * step) === 0)) step *= 10;
  return step;
}
