/**
 * How smoothly the window draws while Live answers a camera: the real window with Chromium's fake camera showing a picture of the starter
 * pack. Of the times between animation frames p50, p95 and the greatest are printed in ms, how many are above 50 ms (where a pause is seen),
 * and the frames a second; at rest, and with one and two deployments that answer meanwhile. Goal: p50 at 16.7, 60 frames a second.
 * Needs `npm run build` and a screen, or Xvfb.
 * Usage: live-frames [seconds, 10] [model, as the list of Live names it] [model beside it]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { _electron, type Page } from '@playwright/test';
import { fakeCamera } from '../test/e2e/actions/fake-camera';

const seconds = Number(process.argv[2] ?? 10);
const [, , , first, second] = process.argv;
const project = process.cwd();

/** In the page: milliseconds between animation frames, of those that begin within so long. */
function frameTimes(ms: number): Promise<number[]> {
  return new Promise((resolve) => {
    const times: number[] = [];
    let last: number | undefined;
    let end = Infinity;
    const frame = (now: number): void => {
      if (last === undefined) end = now + ms;
      else times.push(now - last);
      last = now;
      if (now < end) requestAnimationFrame(frame);
      else resolve(times);
    };
    requestAnimationFrame(frame);
  });
}

/** Between the two nearest, as R and NumPy do. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - below);
}

/** Frames that each side has answered so far. */
const answered = (window: Page): Promise<number[]> =>
  window
    .getByTestId('live-side')
    .locator('dd:nth-of-type(2)')
    .allTextContents()
    .then((texts) => texts.map((text) => Number(text.replaceAll(',', ''))));

async function measure(name: string, window: Page): Promise<void> {
  const before = await answered(window);
  const startedAt = performance.now();
  const sorted = (await window.evaluate(frameTimes, seconds * 1000)).sort((a, b) => a - b);
  const after = await answered(window);
  const elapsedSeconds = (performance.now() - startedAt) / 1000;
  const drawn = (1000 * sorted.length) / sorted.reduce((sum, ms) => sum + ms, 0);
  const facts = [
    `${drawn.toFixed(1)} frames/s`,
    `p50 ${quantile(sorted, 0.5).toFixed(1)} ms`,
    `p95 ${quantile(sorted, 0.95).toFixed(1)} ms`,
    `max ${sorted.at(-1)!.toFixed(1)} ms`,
    `${sorted.filter((ms) => ms > 50).length} of ${sorted.length} above 50 ms`,
    ...after.map(
      (count, side) => `side ${side + 1} answers ${((count - before[side]!) / elapsedSeconds).toFixed(1)}/s`,
    ),
  ];
  console.log(`${name}: ${facts.join(', ')}`);
}

/** Starts, and waits until each of so many sides has answered. */
async function begin(window: Page, sides: number): Promise<void> {
  await window.getByTestId('live-start').click();
  for (let side = 0; side < sides; side++) {
    const best = window.getByTestId('live-side').nth(side).getByTestId('live-answer').first();
    await best.getByText('%').waitFor({ timeout: 120_000 });
  }
  // The first inferences prepare the runtimes.
  await window.waitForTimeout(3000);
}

const script = (name: string): Promise<unknown> =>
  import(/* @vite-ignore */ pathToFileURL(join(project, 'scripts', name)).href);
const { resolveElectron } = (await script('electron-runtime.mjs')) as { resolveElectron: () => Promise<string> };
const { openDisplay } = (await script('linux-desktop.mjs')) as {
  openDisplay: () => Promise<{ display: string | undefined; close: () => void }>;
};
const home = mkdtempSync(join(tmpdir(), 'whittle-live-frames-'));
const executablePath = await resolveElectron();
const { display, close } = await openDisplay();
try {
  const picture = join(project, 'resources', 'starter', 'dataset', 'eval', 'eval-268.jpg');
  const switches = await fakeCamera(picture, join(home, 'camera.mjpeg'));
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const app = await _electron.launch({
    executablePath,
    chromiumSandbox: sandbox.length === 0,
    args: ['--disable-gpu', ...sandbox, ...switches, `--user-data-dir=${join(home, 'chromium')}`, project],
    env: { ...process.env, WHITTLE_HOME: home, ...(display && { DISPLAY: display }) },
  });
  try {
    const window = await app.firstWindow();
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.setContentSize(1440, 900));
    await window.getByTestId('nav-live').click();
    // A fresh workspace has no models yet.
    const starter = window.getByTestId('live-starter');
    const start = window.locator('[data-testid="live-start"]:enabled');
    await starter.or(start).first().waitFor({ timeout: 60_000 });
    if (await starter.isVisible()) await starter.click();
    await start.waitFor({ timeout: 60_000 });
    await measure('at rest         ', window);
    const choose = async (part: string, label: string, model: string | undefined, index: number): Promise<void> => {
      const select = window.getByTestId(part).getByLabel(label);
      await select.selectOption(model === undefined ? { index } : { label: model });
    };
    await choose('live-first', 'Model', first, 0);
    await begin(window, 1);
    await measure('one deployment  ', window);
    await window.getByTestId('live-stop').click();
    await choose('live-second', 'Beside it', second, 2);
    await begin(window, 2);
    await measure('two side by side', window);
  } finally {
    await app.close();
  }
} finally {
  close();
  rmSync(home, { recursive: true, force: true });
}
