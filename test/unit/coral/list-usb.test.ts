import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listUsb, standInListing } from '../../../src/main/engine/coral/list-usb';
import { watchUsb } from '../../../src/main/engine/coral/watch-usb';

const coral = { vendorId: 0x18d1, productId: 0x9302, bus: '2', address: 5, ports: [1], speed: 'super' };
const fileOf = (text: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'usb-')), 'usb.json');
  writeFileSync(path, text);
  return path;
};

describe('listUsb', () => {
  it('answers on every machine, also where there is no USB', async () => {
    const listing = await listUsb(undefined);
    expect('records' in listing ? listing.isStandIn : listing.problem).toBeDefined();
  });

  it('reads a listing that stands in for hardware, and says so', async () => {
    expect(await listUsb(fileOf(JSON.stringify([coral])))).toEqual({ records: [coral], isStandIn: true });
    expect(standInListing({ WHITTLE_USB_LISTING: '' })).toBeUndefined();
  });

  it.each(['', 'no JSON', '[{"vendorId": 1}]', '{"records": []}'])('says what is wrong with "%s"', async (text) => {
    expect(await listUsb(fileOf(text))).toEqual({ problem: expect.stringMatching(/.+/) as string });
  });
});

describe('watchUsb', () => {
  it('tells when the listing changes, until it is ended', async () => {
    const path = fileOf('[]');
    let changes = 0;
    let changed: () => void = () => undefined;
    const next = (): Promise<void> => new Promise((resolve) => (changed = resolve));
    const end = await watchUsb(() => {
      changes++;
      changed();
    }, path);
    const first = next();
    writeFileSync(path, JSON.stringify([coral]));
    await first;
    end();
    const seen = changes;
    writeFileSync(path, '[] ');
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(changes).toBe(seen);
  });
});
