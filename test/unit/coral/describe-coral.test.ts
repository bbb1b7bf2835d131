import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { describeCoral, type CoralFacts } from '../../../src/main/engine/coral/describe-coral';
import { usbRecordSchema, type UsbRecord } from '../../../src/main/engine/coral/usb-record';

const library = {
  path: '/usr/lib/libedgetpu.so.1',
  version: 'BuildLabel(COMPILER=6.3.0 20170516,CL_NUMBER=392149653), RuntimeVersion(14)',
};
const usable: Omit<CoralFacts, 'usb'> = { platform: 'linux', library, tflite: '2.9.0' };
const keyboard: UsbRecord = { vendorId: 0x046d, productId: 0xc31c, bus: '1', address: 2, ports: [3], speed: 'low' };
const started = (more: Partial<UsbRecord> = {}): UsbRecord => ({
  vendorId: 0x18d1,
  productId: 0x9302,
  bus: '2',
  address: 5,
  ports: [1],
  speed: 'super',
  mayOpen: true,
  ...more,
});
const waiting = (more: Partial<UsbRecord> = {}): UsbRecord =>
  started({ vendorId: 0x1a6e, productId: 0x089a, bus: '1', speed: 'high', ...more });
const listing = (...records: UsbRecord[]): CoralFacts['usb'] => ({ records, isStandIn: false });

describe('describeCoral', () => {
  it.each<[string, CoralFacts['usb'], Partial<CoralFacts>, string, string, RegExp | undefined]>([
    [
      'no USB at all',
      { problem: '/sys/bus/usb/devices/ not found' },
      {},
      'unknown',
      'USB cannot be looked at',
      /\/sys/,
    ],
    ['no Coral', listing(keyboard), {}, 'absent', 'No Coral is plugged in', undefined],
    ['one that is ready', listing(keyboard, started()), {}, 'ready', 'Coral at 2-1, ready (USB 3)', undefined],
    ['a speed that is not told', listing(started({ speed: undefined })), {}, 'ready', 'Coral at 2-1, ready', undefined],
    ['one that waits', listing(waiting()), {}, 'ready', 'Coral at 1-1, waits for its first use', /comes back/],
    [
      'USB 2',
      listing(started({ speed: 'high' })),
      {},
      'attention',
      'Coral at 2-1, ready, USB 2',
      /USB 2 speed, so .* Use a USB 3 port/,
    ],
    [
      'USB 2 behind a hub',
      listing(started({ speed: 'high', ports: [1, 4] })),
      {},
      'attention',
      'Coral at 2-1.4, ready, USB 2, behind a hub',
      /of the machine itself/,
    ],
    [
      'no permission',
      listing(started({ mayOpen: false })),
      {},
      'blocked',
      'Coral at 2-1, may not be opened',
      /udev rule/,
    ],
    [
      'no permission before the first use',
      listing(waiting({ mayOpen: false })),
      {},
      'blocked',
      'Coral at 1-1, may not be opened',
      /udev/,
    ],
    [
      'no library',
      listing(started()),
      { library: undefined },
      'blocked',
      'Coral at 2-1, ready (USB 3)',
      /libedgetpu1-std/,
    ],
    [
      'no library on Windows',
      listing(started()),
      { library: undefined, platform: 'win32' },
      'blocked',
      'Coral at 2-1, ready (USB 3)',
      /install\.bat/,
    ],
    [
      'no library on macOS',
      listing(started()),
      { library: undefined, platform: 'darwin' },
      'blocked',
      'Coral at 2-1, ready (USB 3)',
      /libusb/,
    ],
    [
      'a library that does not load',
      listing(started()),
      { library: { path: library.path, problem: 'wrong ELF class' } },
      'blocked',
      'Coral at 2-1, ready (USB 3)',
      /wrong ELF class/,
    ],
    [
      'an old runtime',
      listing(started()),
      { library: { ...library, version: 'BuildLabel(x), RuntimeVersion(9)' } },
      'blocked',
      'Coral at 2-1, ready (USB 3)',
      /runtime 9/,
    ],
    [
      'a version that says nothing',
      listing(started()),
      { library: { ...library, version: 'hello' } },
      'blocked',
      'Coral at 2-1, ready (USB 3)',
      /"hello"/,
    ],
    [
      'no TensorFlow Lite',
      listing(started()),
      { tflite: undefined },
      'blocked',
      'Coral at 2-1, ready (USB 3)',
      /runtime pack/,
    ],
    [
      'a new TensorFlow Lite',
      listing(started()),
      { tflite: '2.12.0' },
      'blocked',
      'Coral at 2-1, ready (USB 3)',
      /up to 2\.11/,
    ],
    [
      'one that is new for macOS alone',
      listing(started()),
      { tflite: '2.10.0', platform: 'darwin' },
      'blocked',
      'Coral at 2-1, ready (USB 3)',
      /up to 2\.9/,
    ],
    ['the same elsewhere', listing(started()), { tflite: '2.10.0' }, 'ready', 'Coral at 2-1, ready (USB 3)', undefined],
    [
      'two',
      listing(started({ ports: [10] }), started({ ports: [9] })),
      {},
      'ready',
      '2 Corals: 2-9, ready (USB 3); 2-10, ready (USB 3)',
      undefined,
    ],
    [
      'two, one of them forbidden',
      listing(started(), started({ ports: [2], mayOpen: false })),
      {},
      'attention',
      '2 Corals: 2-1, ready (USB 3); 2-2, may not be opened',
      /Coral at 2-2/,
    ],
    [
      'two, one forbidden and no library',
      listing(started(), started({ ports: [2], mayOpen: false })),
      { library: undefined },
      'blocked',
      '2 Corals: 2-1, ready (USB 3); 2-2, may not be opened',
      /No libedgetpu/,
    ],
  ])('%s', (_what, usb, facts, state, title, advice) => {
    const status = describeCoral({ ...usable, ...facts, usb });
    expect(status).toMatchObject({ state, title, isStandIn: false });
    if (advice) expect(status.advice).toMatch(advice);
    else expect(status.advice).toBeUndefined();
  });

  it('offers the rule for both identities where only that is missing', () => {
    const { remedy } = describeCoral({ ...usable, usb: listing(waiting({ mayOpen: false })) });
    expect(remedy?.text).toContain('ATTRS{idVendor}=="1a6e", ATTRS{idProduct}=="089a"');
    expect(remedy?.text).toContain('ATTRS{idVendor}=="18d1", ATTRS{idProduct}=="9302"');
    expect(describeCoral({ ...usable, usb: listing(started()) }).remedy).toBeUndefined();
  });

  it('names a stand-in, whether it is the listing or the library', () => {
    const file = describeCoral({ ...usable, usb: { records: [started()], isStandIn: true } });
    const version = 'BuildLabel(whittle stand-in), RuntimeVersion(14)';
    const standIn = describeCoral({ ...usable, library: { ...library, version }, usb: listing(started()) });
    for (const status of [file, standIn])
      expect(status).toMatchObject({ isStandIn: true, title: 'Coral stand-in at 2-1, ready (USB 3)' });
  });

  it('says something of every combination, and of no Coral that is not there', () => {
    const record = fc.record({
      vendorId: fc.constantFrom(0x18d1, 0x1a6e, 0x046d),
      productId: fc.constantFrom(0x9302, 0x089a, 1),
      bus: fc.constantFrom('1', 'usb2', '3-1'),
      address: fc.integer({ min: 0, max: 127 }),
      ports: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 7 }),
      speed: fc.constantFrom('low', 'high', 'super', 'superPlus', undefined),
      mayOpen: fc.constantFrom(true, false, undefined),
    });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 4 }), fc.boolean(), (records, hasLibrary) => {
        const usb = listing(...records.map((one) => usbRecordSchema.parse(one)));
        const status = describeCoral({ ...usable, ...(hasLibrary ? {} : { library: undefined }), usb });
        const count = records.filter(
          ({ vendorId, productId }) =>
            (vendorId === 0x18d1 && productId === 0x9302) || (vendorId === 0x1a6e && productId === 0x089a),
        ).length;
        expect(status.devices.map(({ id }) => id)).toEqual(Array.from({ length: count }, (_, at) => `usb:${at}`));
        expect(status.state === 'absent').toBe(count === 0);
        if (count > 0 && !hasLibrary) expect(status.state).toBe('blocked');
        if (status.state === 'blocked' || status.state === 'attention') expect(status.advice).toMatch(/\.$/);
      }),
    );
  });
});
