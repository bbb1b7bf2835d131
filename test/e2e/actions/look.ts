import { expect } from '@playwright/test';
import { join } from 'node:path';
import { projectFolder, type LaunchedApp } from './launch';

const folder = process.env.WHITTLE_SCREENSHOTS ?? join(projectFolder, 'test-results', 'screenshots');

/** A picture of the window as it stands, light and dark, after checking that nothing overflows sideways. */
export async function look({ window, app }: LaunchedApp, name: string, widths = [1440, 900]): Promise<void> {
  for (const width of widths) {
    await app.evaluate(({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0]!.setContentSize(size, 860), width);
    await expect.poll(() => window.evaluate(() => globalThis.innerWidth)).toBe(width);
    for (const colorScheme of ['light', 'dark'] as const) {
      await window.emulateMedia({ colorScheme });
      const overflow = await window.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, `${name} at ${width} px scrolls sideways`).toBeLessThanOrEqual(0);
      await window.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), animations: 'disabled' });
    }
  }
}
