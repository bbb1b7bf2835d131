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
    const title = window.getByTestId('coral-title');
    await expect(coral).toHaveAttribute('data-state', 'absent');
    await expect(title).toHaveText('No Coral (stand-in listing).');

    await plug(waiting);
    await expect(title).toHaveText('Coral stand-in at 1-2, may not be opened.', { timeout: 20_000 });
    await expect(window.getByTestId('coral-advice')).toContainText('udev rule');
    await window.getByTestId('coral-remedy').click();
    await expect(coral).toContainText('Copied.');
    expect(await app.evaluate(({ clipboard }) => clipboard.readText())).toContain('ATTRS{idProduct}=="9302"');
    await expectAccessible(window);
    await look(launched, 'coral-forbidden', [1280]);

    await plug(started);
    await expect(title).toHaveText('Coral stand-in at 2-2, ready (USB 3).', { timeout: 20_000 });
    await expect(window.getByTestId('coral-remedy')).toHaveCount(0);

    await plug();
    await expect(coral).toHaveAttribute('data-state', 'absent', { timeout: 20_000 });
  } finally {
    await close();
    await rm(folder, { recursive: true, force: true });
  }
});
