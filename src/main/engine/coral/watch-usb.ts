import { watchFile, unwatchFile } from 'node:fs';
import { listUsb, standInListing } from './list-usb';

/** A plug that is pushed in gives several events, and a Coral that starts leaves and comes back. */
const settleMs = 300;
const fileIntervalMs = 200;

/** Calls `changed` whenever something is plugged in or pulled out. Watches nothing where USB cannot be listed. Returns what ends it. */
export async function watchUsb(changed: () => void, file = standInListing()): Promise<() => void> {
  let timer: NodeJS.Timeout | undefined;
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(changed, settleMs);
  };
  const end = await (file === undefined ? watchDevices(soon) : watchListing(file, soon));
  return () => {
    clearTimeout(timer);
    end();
  };
}

function watchListing(file: string, soon: () => void): () => void {
  watchFile(file, { interval: fileIntervalMs, persistent: false }, soon);
  return () => unwatchFile(file, soon);
}

async function watchDevices(soon: () => void): Promise<() => void> {
  // The package lists the devices itself once somebody listens, and nobody could catch what that throws.
  if ('problem' in (await listUsb())) return () => undefined;
  const { usb } = await import('usb');
  usb.addEventListener('connect', soon);
  usb.addEventListener('disconnect', soon);
  return () => {
    usb.removeEventListener('connect', soon);
    usb.removeEventListener('disconnect', soon);
  };
}
