/**
 * How smoothly the window draws while Live answers a camera: the real window with Chromium's fake camera showing a picture of the starter
 * pack; the times between animation frames are printed in ms, at rest and with one and two deployments. Goal: p50 at 16.7, 60 frames a second.
 * Needs `npm run build` and a screen, or Xvfb.
 * Usage: live-frames [seconds] [model, as the list of Live names it] [model beside it]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { _electron, type Page } from '@playwright/test';
import { fakeCamera } from '../test/e2e/actions/fake-camera';

const seconds = Number(process.argv[2] ?? 10);
const [, , , first, second] = process.argv;

/** In the page: the time between animation frames. */
function frameTimes(ms: number): Promise<number[]> {
  return new Promise((resolve) => {
    const times: number[] = [];
    const end = performance.now() + ms;
    let last = performance.now();
    const frame = (): void => {
      const now = performance.now();
      times.push(now - last);
      last = now;
      if (now < end) requestAnimationFrame(frame);
      else resolve(times.slice(1));
    };
    requestAnimationFrame(frame);
  });
}

const quantile = (sorted: readonly number[], share: number): string =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(1);

async function measure(name: string, window: Page): Promise<void> {
  const sorted = (await window.evaluate(frameTimes, seconds * 1000)).sort((a, b) => a - b);
  const drawn = (1000 * sorted.length) / sorted.reduce((sum, ms) => sum + ms, 0);
  const answered = await window.getByTestId('live-side').locator('dd:first-of-type').allTextContents();
  console.log(
    `${name}: ${drawn.toFixed(1)} frames a second; between them p50 ${quantile(sorted, 0.5)}, p95 ${quantile(sorted, 0.95)}, p99 ${quantile(sorted, 0.99)}, max ${sorted.at(-1)!.toFixed(1)} ms${answered.length > 0 ? `; answers a second ${answered.join(' and ')}` : ''}`,
  );
}

async function begin(window: Page): Promise<void> {
  await window.getByTestId('live-start').click();
  for (const side of await window.getByTestId('live-side').all()) await side.waitFor();
  await window
    .getByTestId('live-answer')
    .first()
    .getByText('%')
    .waitFor({ timeout: 120_000 })
    .catch(() => undefined);
  await window.waitForTimeout(3000);
}

const script = (name: string): Promise<unknown> =>
  import(/* @vite-ignore */ pathToFileURL(join(process.cwd(), 'scripts', name)).href);
const { resolveElectron } = (await script('electron-runtime.mjs')) as { resolveElectron: () => Promise<string> };
const { openDisplay } = (await script('linux-desktop.mjs')) as {
  openDisplay: () => Promise<{ display: string | undefined; close: () => void }>;
};
const home = mkdtempSync(join(tmpdir(), 'whittle-live-frames-'));
const executablePath = await resolveElectron();
const { display, close } = await openDisplay();
try {
  const picture = join(process.cwd(), 'resources', 'starter', 'dataset', 'eval', 'eval-268.jpg');
  const switches = await fakeCamera(picture, join(home, 'camera.mjpeg'));
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const app = await _electron.launch({
    executablePath,
    chromiumSandbox: sandbox.length === 0,
    args: ['--disable-gpu', ...sandbox, ...switches, `--user-data-dir=${join(home, 'chromium')}`, process.cwd()],
    env: { ...process.env, WHITTLE_HOME: home, ...(display && { DISPLAY: display }) },
  });
  const window = await app.firstWindow();
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.setContentSize(1440, 900));
  await window.getByTestId('nav-live').click();
  await window.locator('[data-testid="live-start"]:enabled').waitFor({ timeout: 60_000 });
  await measure('at rest          ', window);
  const choose = async (part: string, label: string, model: string | undefined, index: number): Promise<void> => {
    const select = window.getByTestId(part).getByLabel(label);
    await select.selectOption(model === undefined ? { index } : { label: model });
  };
  await choose('live-first', 'Model', first, 0);
  await begin(window);
  await measure('one deployment   ', window);
  await window.getByTestId('live-stop').click();
  await choose('live-second', 'Beside it', second, 2);
  await begin(window);
  await measure('two side by side ', window);
  await app.close();
} finally {
  close();
  rmSync(home, { recursive: true, force: true });
}
