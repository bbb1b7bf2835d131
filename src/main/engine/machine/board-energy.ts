import { join } from 'node:path';
import type { EnergyFile, EnergySensor } from './energy-sensor';
import { attribute, entriesOf, numberAttribute } from './sysfs';

/** Microjoules and microwatts (Documentation/hwmon/sysfs-interface.rst). */
const unit = 1e-6;
/** 16 conversions of 1.1 ms each for voltage and current: the usual averaging of an INA226. Drivers of others do not tell theirs. */
const usualUpdateMs = 35;

interface Rail {
  domain: string;
  file: EnergyFile;
  updateMs: number;
}

/**
 * A shunt monitor (INA219, INA226, INA228 and their like) that measures a rail of the board: its energy where the chip adds it up, else its power. Of several rails
 * nobody tells which lies within which, so none is taken rather than one counted twice.
 */
export async function boardSensor(root: string): Promise<{ sensor?: EnergySensor; problem?: string }> {
  const folder = join(root, 'class/hwmon');
  const rails = (await Promise.all((await entriesOf(folder)).map((name) => railsOf(join(folder, name))))).flat();
  const [rail, another] = rails;
  if (!rail) return {};
  if (another)
    return {
      problem: `Sensors of the board measure ${rails.length} rails (${rails.map(({ domain }) => domain).join(', ')}) and none says which lies within which: Whittle measures energy where there is one, so unbind those that do not carry the whole board.`,
    };
  const { domain, file, updateMs } = rail;
  return { sensor: { domains: [domain], files: [file], of: 'machine', updateMs, stepJoules: 0 } };
}

async function railsOf(folder: string): Promise<Rail[]> {
  const chip = await attribute(join(folder, 'name'));
  if (!chip?.startsWith('ina')) return [];
  const updateMs = (await numberAttribute(join(folder, 'update_interval'))) || usualUpdateMs;
  const files = await entriesOf(folder);
  const channels = files.flatMap((name) => /^(?:energy|power)(\d+)_input$/.exec(name)?.[1] ?? []);
  return Promise.all(
    [...new Set(channels)].map(async (channel): Promise<Rail> => {
      const kind = files.includes(`energy${channel}_input`) ? 'energy' : 'power';
      const label =
        (await attribute(join(folder, `${kind}${channel}_label`))) ?? (await attribute(join(folder, 'label')));
      const path = join(folder, `${kind}${channel}_input`);
      const file: EnergyFile = { path, kind: kind === 'energy' ? 'counter' : 'power', unit };
      return { domain: label ? `${chip} ${label}` : chip, file, updateMs };
    }),
  );
}
