import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RuntimeTensor } from '../../../src/main/engine/runtimes/runtime';
import { edgetpu } from '../../../src/main/engine/runtimes/edgetpu';
import { tflite } from '../../../src/main/engine/runtimes/tflite';
import { graceHopper } from '../../fixtures/coral/grace-hopper';
import { buildStandIn, compiledPath, hasStandIn, needsStandIn, twinPath } from '../../fixtures/coral/stand-in';

const academicGown = 401;
const side = 128;

describe.skipIf(!hasStandIn)(`edgetpu on the stand-in${needsStandIn}`, () => {
  let environment: Record<string, string>;
  let image: RuntimeTensor;
  beforeAll(async () => {
    environment = buildStandIn();
    image = { type: 'uint8', shape: [1, side, side, 3], data: await graceHopper(side) };
  });
  beforeEach(() => Object.entries(environment).forEach(([name, value]) => vi.stubEnv(name, value)));
  afterEach(() => vi.unstubAllEnvs());

  const open = (path = compiledPath, device?: string) =>
    edgetpu.open(path, { threads: 1, device, options: { performance: 'high' } });

  it('gives the score of the network that was not compiled, in the same codes', async () => {
    const session = await open();
    const twin = await tflite.open(twinPath, { threads: 1, options: { xnnpack: false } });
    const [own, other] = await Promise.all([session, twin].map((one) => one.run({ [one.inputNames[0]!]: image })));
    const codes = own![session.outputNames[0]!]!.data as Uint8Array;
    expect(codes).toEqual(other![twin.outputNames[0]!]!.data);
    const best = codes.reduce((most, code, at) => (code > codes[most]! ? at : most), 0);
    // As the same file scored when it was run by the C library alone: a narrow network takes the uniform for a gown.
    expect([best, codes[best]! / 256]).toEqual([academicGown, 0.40234375]);
    expect(session.notes).toEqual([
      'Ran on /sys/bus/usb/devices/2-1, performance high: a stand-in on the CPU, not an Edge TPU.',
    ]);
    await session.close();
    await twin.close();
  });

  it('says in its version that it is a stand-in', () => {
    expect(edgetpu.version()).toBe('runtime 14 (stand-in, no Edge TPU) in TensorFlow Lite 2.9.0');
  });

  it('uploads the weights with the first inference', async () => {
    vi.stubEnv('EDGETPU_STAND_IN_FIRST_MS', '400');
    const session = await open();
    const times: number[] = [];
    for (let run = 0; run < 3; run++) {
      const start = performance.now();
      await session.run({ [session.inputNames[0]!]: image });
      times.push(performance.now() - start);
    }
    expect(times[0]).toBeGreaterThanOrEqual(400);
    await session.close();
  });

  it('runs on the second of two devices', async () => {
    vi.stubEnv('EDGETPU_STAND_IN_DEVICES', '2');
    const session = await open(compiledPath, 'usb:1');
    expect(session.notes![0]).toContain('/sys/bus/usb/devices/2-2');
    await session.close();
    await expect(open(compiledPath, 'usb:2')).rejects.toMatchObject({
      code: 'coral.no-device',
      facts: { device: 'usb:2', found: '/sys/bus/usb/devices/2-1, /sys/bus/usb/devices/2-2' },
    });
  });

  it.each([
    [
      'no device',
      { EDGETPU_STAND_IN_DEVICES: '0' },
      'coral.no-device',
      /No Coral "usb:0" is there \(libedgetpu lists none\)/,
    ],
    ['a device that another program has', { EDGETPU_STAND_IN_BUSY: '1' }, 'coral.not-opened', /Close other programs/],
    ['an old runtime', { EDGETPU_STAND_IN_RUNTIME: '9' }, 'coral.runtime-old', /is Edge TPU runtime 9/],
    [
      'a file for a newer runtime',
      { EDGETPU_STAND_IN_RUNTIME: '11' },
      'coral.runtime-older-than-file',
      /compiled for Edge TPU runtime 12, and the libedgetpu here is runtime 11/,
    ],
  ])('refuses %s', async (_what, settings, code, sentence) => {
    for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
    const opening = open();
    await expect(opening).rejects.toMatchObject({ code });
    await expect(opening).rejects.toThrow(sentence);
  });

  it('waits for a Coral that its first use starts', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'usb-')), 'usb.json');
    const waiting = { vendorId: 0x1a6e, productId: 0x089a, bus: '1', address: 3, ports: [1], speed: 'high' };
    writeFileSync(file, JSON.stringify([waiting]));
    vi.stubEnv('WHITTLE_USB_LISTING', file);
    vi.stubEnv('EDGETPU_STAND_IN_DEVICES', '0');
    const opening = open();
    await new Promise((resolve) => setTimeout(resolve, 400));
    vi.stubEnv('EDGETPU_STAND_IN_DEVICES', '1');
    writeFileSync(file, '[]');
    await (await opening).close();
  });

  it('refuses a file that was not compiled', async () => {
    await expect(open(twinPath)).rejects.toMatchObject({ code: 'coral.not-compiled' });
  });

  it('tells of an inference that fails, and does not go on with old answers', async () => {
    vi.stubEnv('EDGETPU_STAND_IN_FAIL_AT', '2');
    const session = await open();
    const feeds = { [session.inputNames[0]!]: image };
    await session.run(feeds);
    await expect(session.run(feeds)).rejects.toThrow(/Could not map tensors/);
    await session.close();
  });

  it('lists the Corals on USB without the library, and what keeps them from use', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'usb-'));
    const file = join(folder, 'usb.json');
    vi.stubEnv('WHITTLE_USB_LISTING', file);
    const coral = { vendorId: 0x18d1, productId: 0x9302, bus: '2', address: 3, ports: [1], speed: 'super' };
    writeFileSync(file, JSON.stringify([coral, { ...coral, ports: [2], mayOpen: false }]));
    expect(await edgetpu.devices()).toEqual([
      { id: 'usb:0', title: 'Coral at 2-1, super speed', link: 'super speed' },
      {
        id: 'usb:1',
        title: 'Coral at 2-2, super speed',
        link: 'super speed',
        problem: expect.stringMatching(/may not open the Coral at 2-2/) as string,
      },
    ]);
    writeFileSync(file, '[]');
    expect(await edgetpu.devices()).toEqual([
      { id: 'usb:0', title: 'USB', problem: expect.stringMatching(/No Coral is there\. Plug one in/) as string },
    ]);
  });
});
