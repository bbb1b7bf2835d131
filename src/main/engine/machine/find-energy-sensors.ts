import { join } from 'node:path';
import { batterySensor } from './battery-energy';
import { boardSensor } from './board-energy';
import type { EnergySensor } from './energy-sensor';
import { isOnBattery } from './power-supply';
import { readRapl } from './rapl';

export interface EnergySensors {
  /** The fastest first. */
  sensors: EnergySensor[];
  /** Why some that are here tell nothing, and what to do. */
  problems: string[];
}

/**
 * What Linux lets this process read of its energy; nothing on other systems. In a container or a virtual machine there is mostly nothing either.
 * @param root where sysfs is mounted
 */
export async function findEnergySensors(root = '/sys'): Promise<EnergySensors> {
  const found = await Promise.all([readRapl(root), boardSensor(root), batterySensor(root)]);
  return {
    sensors: found.flatMap(({ sensor }) => sensor ?? []),
    problems: found.flatMap(({ problem }) => problem ?? []),
  };
}

/** Whether it still means what it did when it was found: a battery that is charged tells nothing of what is spent. */
export async function stillTells({ domains }: EnergySensor, root = '/sys'): Promise<boolean> {
  return !domains.some((domain) => domain.startsWith('battery')) || isOnBattery(join(root, 'class/power_supply'));
}
