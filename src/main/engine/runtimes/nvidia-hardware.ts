import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const nvidiaVendor = '0x10de';
/** The driver's own device, and that of Windows' subsystem for Linux, which lists no PCI devices of its host. */
const driverDevices = ['/dev/nvidiactl', '/dev/dxg'];

/** Whether the system lists the devices of this machine and none of them is NVIDIA's; false also where it does not tell. */
export function isWithoutNvidia(
  pciFolder = '/sys/bus/pci/devices',
  drivers: readonly string[] = driverDevices,
): boolean {
  if (drivers.some((path) => existsSync(path))) return false;
  try {
    const vendors = readdirSync(pciFolder).map((name) => readFileSync(join(pciFolder, name, 'vendor'), 'utf8').trim());
    return vendors.length > 0 && !vendors.includes(nvidiaVendor);
  } catch {
    return false;
  }
}
