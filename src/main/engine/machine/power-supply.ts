import { join } from 'node:path';
import { attribute, entriesOf } from './sysfs';

/** What Linux tells of a power supply, as in /sys/class/power_supply/NAME. Empty where it tells nothing. */
export interface PowerSupply {
  /** Mains, Battery, USB, UPS, ... */
  type: string;
  /** "1": it gives power. */
  online: string;
  /** Charging, Discharging, Full, ... */
  status: string;
  /** "Device" for those of a mouse or a headset. */
  scope: string;
}

/** Whether the machine lives on a battery: one discharges, and no other supply gives power. */
export function livesOnBattery(supplies: readonly PowerSupply[]): boolean {
  const own = supplies.filter(({ scope }) => scope !== 'Device');
  const isPowered = own.some(({ type, online }) => type !== 'Battery' && online === '1');
  return !isPowered && own.some(({ type, status }) => type === 'Battery' && status === 'Discharging');
}

/** The same of this machine. False where the system does not tell here: macOS and Windows tell Electron. */
export async function isOnBattery(folder = '/sys/class/power_supply'): Promise<boolean> {
  const fact = async (name: string, file: string): Promise<string> => (await attribute(join(folder, name, file))) ?? '';
  const supplies = (await entriesOf(folder)).map(async (name): Promise<PowerSupply> => {
    const [type, online, status, scope] = await Promise.all(
      ['type', 'online', 'status', 'scope'].map((file) => fact(name, file)),
    );
    return { type: type!, online: online!, status: status!, scope: scope! };
  });
  return livesOnBattery(await Promise.all(supplies));
}
