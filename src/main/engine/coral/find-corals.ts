import type { CoralDevice } from '@shared/coral';
import type { UsbRecord } from './usb-record';

/**
 * Both identities of a USB Accelerator (libedgetpu, driver/usb/usb_driver): the boot loader's until its first use, which loads its firmware and
 * makes it appear again under the second.
 */
const waiting = { vendorId: 0x1a6e, productId: 0x089a };
const started = { vendorId: 0x18d1, productId: 0x9302 };

const isOne = (record: UsbRecord, one: typeof waiting): boolean =>
  record.vendorId === one.vendorId && record.productId === one.productId;

/** The accelerators among the devices on USB in a fixed order: by bus, then by port. */
export function findCorals(records: readonly UsbRecord[]): CoralDevice[] {
  return records
    .filter((record) => isOne(record, waiting) || isOne(record, started))
    .map((record) => ({ record, port: portOf(record) }))
    .sort((one, other) => one.port.localeCompare(other.port, 'en', { numeric: true }))
    .map(({ record, port }, at) => ({
      id: `usb:${at}`,
      port,
      state: stateOf(record),
      ...(record.speed === undefined ? {} : { speed: record.speed }),
      behindHub: record.ports.length > 1,
    }));
}

/** The boot loader runs at USB 2 speed on every port, so speed counts only once the device has started. */
function stateOf(record: UsbRecord): CoralDevice['state'] {
  if (record.mayOpen === false) return 'forbidden';
  if (isOne(record, waiting)) return 'waiting';
  return record.speed !== undefined && !record.speed.startsWith('super') ? 'slow' : 'ready';
}

/** "2-1.4" as Linux writes it. */
function portOf({ bus, ports }: UsbRecord): string {
  const root = bus.replace(/^usb/, '').replace(/-.*$/, '');
  return ports.length > 0 ? `${root}-${ports.join('.')}` : bus;
}
