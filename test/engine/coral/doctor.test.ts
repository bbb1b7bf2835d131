import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { whittle } from '../cli/whittle';
import { buildStandIn, compiledPath, hasStandIn, needsStandIn, twinPath } from '../../fixtures/coral/stand-in';

const coral = { vendorId: 0x18d1, productId: 0x9302, bus: '2', address: 5, ports: [1], speed: 'super', mayOpen: true };

describe.skipIf(!hasStandIn)(`whittle doctor --coral${needsStandIn}`, () => {
  let folder: string;
  let environment: Record<string, string>;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'coral-doctor-'));
    const listing = join(folder, 'usb.json');
    writeFileSync(listing, JSON.stringify([coral]));
    environment = { ...buildStandIn(), WHITTLE_USB_LISTING: listing, WHITTLE_EDGETPU_COMPILER: '/nowhere' };
  });
  afterEach(() => vi.unstubAllEnvs());
  function doctor(words: string[], more: Record<string, string> = {}): ReturnType<typeof whittle> {
    for (const [name, value] of Object.entries({ ...environment, ...more })) vi.stubEnv(name, value);
    return whittle(folder, 'doctor', '--coral', ...words);
  }

  it('runs a file on the device, compares with the processor, and writes a report to attach', async () => {
    const { code, stdout } = await doctor(['--compiled', compiledPath, '--source', twinPath, '--json']);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report).toMatchObject({
      coral: { state: 'ready', isStandIn: true },
      tflite: '2.9.0',
      compiler: null,
      tests: [{ device: 'usb:0', runs: 50, unrepeated: 0, twin: { codes: 1001, different: 0, largest: 0 } }],
    });
    expect(code).toBe(0);
  });

  it('says in words what is there, and names the stand-in', async () => {
    const { stdout } = await doctor(['--compiled', compiledPath]);
    expect(stdout).toMatch(/^Coral stand-in at 2-1, ready \(USB 3\)\n/);
    expect(stdout).toMatch(/first inference .+, then .+ \(median of 49, longest .+\); every answer the same/);
    expect(stdout).toContain('a stand-in on the CPU, not an Edge TPU');
  });

  it('tells of a device that is pulled out while it runs, and ends with 1', async () => {
    const { code, stdout } = await doctor(['--compiled', compiledPath], { EDGETPU_STAND_IN_PULL_AT: '20' });
    expect(stdout).toContain(
      'The Coral stopped answering while it worked (USB transfer error 5 [LibUsbDataOutCallback]): it was pulled out',
    );
    expect(code).toBe(1);
  });

  it('says what is missing where there is no library', async () => {
    const { code, stdout } = await doctor([], { WHITTLE_RUNTIMES: '' });
    expect(stdout).toContain('No libedgetpu is here, which runs models on a Coral.');
    expect(code).toBe(0);
  });
});
