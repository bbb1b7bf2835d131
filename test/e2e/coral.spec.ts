import { expect, test } from '@playwright/test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectAccessible } from './actions/accessible';
import { launchApp } from './actions/launch';
import { look } from './actions/look';
import { pressMenu } from './actions/menu';

const waiting = {
  vendorId: 0x1a6e,
  productId: 0x089a,
  bus: '1',
  address: 4,
  ports: [2],
  speed: 'high',
  mayOpen: false,
};
const started = {
  vendorId: 0x18d1,
  productId: 0x9302,
  bus: '2',
  address: 5,
  ports: [2],
  speed: 'super',
  mayOpen: true,
};

/** The devices on USB come from a file here, a stand-in for a port that nobody can reach. */
test('a Coral that is plugged in and pulled out is seen in Settings as it comes and goes', async () => {
  test.setTimeout(180_000);
  const folder = await mkdtemp(join(tmpdir(), 'whittle-usb-'));
  const listing = join(folder, 'usb.json');
  const plug = (...devices: object[]): Promise<void> => writeFile(listing, JSON.stringify(devices));
  await plug();
  const environment = { WHITTLE_USB_LISTING: listing, WHITTLE_RUNTIMES: folder };
  const launched = await launchApp({ width: 1280, height: 900, environment });
  const { window, app, close } = launched;
  try {
    await pressMenu(app, 'View', 'Settings');
    const coral = window.getByTestId('coral');
    const text = window.getByTestId('coral-text');
    await expect(coral).toHaveAttribute('data-state', 'absent');
    await expect(text).toHaveText('No Coral (stand-in listing).');

    await plug(waiting);
    await expect(text).toContainText('Coral stand-in at 1-2, may not be opened. This user', { timeout: 20_000 });
    await expect(text).toContainText('Put the udev rule in place');
    await window.getByTestId('coral-remedy').click();
    await expect(text).toContainText('Copied. Paste it into a terminal.');
    expect(await app.evaluate(({ clipboard }) => clipboard.readText())).toContain('ATTRS{idProduct}=="9302"');
    await expectAccessible(window);
    await look(launched, 'coral-forbidden', [1280]);

    await plug(started);
    await expect(text).toContainText('Coral stand-in at 2-2, ready (USB 3).', { timeout: 20_000 });
    await expect(window.getByTestId('coral-remedy')).toHaveCount(0);

    await plug();
    await expect(coral).toHaveAttribute('data-state', 'absent', { timeout: 20_000 });
  } finally {
    await close();
    await rm(folder, { recursive: true, force: true });
  }
});
