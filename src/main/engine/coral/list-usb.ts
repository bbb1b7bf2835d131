import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { usbRecordSchema, type UsbRecord } from './usb-record';

/** What is plugged in, or why that cannot be told. */
export type UsbListing = { records: UsbRecord[]; isStandIn: boolean } | { problem: string };

/**
 * In place of the machine's USB devices those in a JSON file: a stand-in for hardware, described in docs/coral.md, and named so wherever
 * what it lists is shown.
 */
export const standInListing = (environment: NodeJS.ProcessEnv = process.env): string | undefined =>
  environment.WHITTLE_USB_LISTING || undefined;

/** The devices on USB, without opening any. Never throws: a machine without USB says so. */
export async function listUsb(file = standInListing()): Promise<UsbListing> {
  try {
    return file === undefined
      ? { records: await nativeRecords(), isStandIn: false }
      : { records: z.array(usbRecordSchema).parse(JSON.parse(await readFile(file, 'utf8'))), isStandIn: true };
  } catch (thrown) {
    const [message] = (thrown instanceof Error ? thrown.message : String(thrown)).split('\n');
    return { problem: (message ?? '').replace(/^getDevices error: /, '').slice(0, 200) || 'no reason was given' };
  }
}

async function nativeRecords(): Promise<UsbRecord[]> {
  // Loaded when it is needed: few processes look at USB, and its native part may be missing on a platform.
  const { usb } = await import('usb');
  const devices = await usb.getDevices();
  return Promise.all(
    devices.map(async ({ vendorId, productId, bus, address, ports, speed }) => ({
      vendorId,
      productId,
      bus: String(bus),
      address,
      ports: [...(ports ?? [])],
      ...(speed === undefined ? {} : { speed: speed as UsbRecord['speed'] }),
      ...(await permission(bus, address)),
    })),
  );
}

/** Linux alone tells by the device's node who may open it. */
async function permission(bus: string, address: number): Promise<{ mayOpen?: boolean }> {
  if (process.platform !== 'linux') return {};
  const number = /\d+/.exec(bus)?.[0];
  if (number === undefined) return {};
  const node = `/dev/bus/usb/${number.padStart(3, '0')}/${String(address).padStart(3, '0')}`;
  return access(node, constants.R_OK | constants.W_OK).then(
    () => ({ mayOpen: true }),
    ({ code }: NodeJS.ErrnoException) => (code === 'EACCES' || code === 'EPERM' ? { mayOpen: false } : {}),
  );
}
