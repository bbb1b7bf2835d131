import { expect, test, type Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectAccessible } from './actions/accessible';
import { dropPath } from './actions/drop';
import { fakeCamera } from './actions/fake-camera';
import { answerSaveDialog, launchApp, projectFolder, type LaunchedApp } from './actions/launch';
import { look } from './actions/look';

const starter = join(projectFolder, 'resources', 'starter');
/** A picture of a heart, which the networks of the starter pack know. */
const heart = join(starter, 'dataset', 'eval', 'eval-268.jpg');
const gear = join(starter, 'dataset', 'eval', 'eval-029.jpg');

const cameraState = (window: Page): Promise<string> =>
  window.evaluate(() => {
    const { srcObject } = document.querySelector('video') ?? {};
    const stream = srcObject as MediaStream | null | undefined;
    const last = (globalThis as { lastTrack?: MediaStreamTrack }).lastTrack;
    const track = stream?.getVideoTracks()[0] ?? last;
    (globalThis as { lastTrack?: MediaStreamTrack }).lastTrack = track;
    return track?.readyState ?? 'none';
  });
const cameraName = (window: Page): Promise<string | undefined> =>
  window.evaluate(() => (document.querySelector('video')?.srcObject as MediaStream | null)?.getVideoTracks()[0]?.label);
const mayUseCamera = (window: Page): Promise<string> =>
  window.evaluate(() =>
    navigator.mediaDevices.getUserMedia({ video: true }).then(
      (stream) => {
        stream.getTracks().forEach((track) => track.stop());
        return 'granted';
      },
      (error: Error) => error.name,
    ),
  );

/** Frames that the window draws in a second, over three of them. */
const drawnPerSecond = (window: Page): Promise<number> =>
  window.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let frames = 0;
        const startedAt = performance.now();
        const count = (now: number): void => {
          frames++;
          if (now - startedAt < 3000) requestAnimationFrame(count);
          else resolve((1000 * frames) / (now - startedAt));
        };
        requestAnimationFrame(count);
      }),
  );

async function openLive({ window }: LaunchedApp): Promise<void> {
  await window.getByTestId('nav-live').click();
  await expect(window.getByTestId('live-view')).toBeVisible();
  // On a fresh workspace there is no model yet.
  const starterPack = window.getByTestId('live-starter');
  await expect(starterPack.or(window.locator('[data-testid="live-start"]:enabled')).first()).toBeVisible({
    timeout: 60_000,
  });
  if (await starterPack.isVisible()) await starterPack.click();
  await expect(window.getByTestId('live-start')).toBeEnabled({ timeout: 60_000 });
}
const side = (window: Page, index: number) => window.getByTestId('live-side').nth(index);
const best = (window: Page, index: number) => side(window, index).getByTestId('live-answer').first();

test('Live shows what networks see: a camera, a photo, a folder; and lets go of the camera', async () => {
  test.setTimeout(600_000);
  const folder = await mkdtemp(join(tmpdir(), 'whittle-live-'));
  const switches = await fakeCamera(heart, join(folder, 'heart.mjpeg'));
  const launched = await launchApp({ switches, width: 1440 });
  const { window, app } = launched;
  const complaints: string[] = [];
  window.on('pageerror', (error) => complaints.push(error.message));
  try {
    await expect(window.getByTestId('sweep-view')).toBeVisible();
    expect(await mayUseCamera(window), 'outside Live').toBe('NotAllowedError');

    await openLive(launched);
    await look(launched, 'live-empty', [1440, 1024]);
    expect(
      await window.evaluate(() =>
        navigator.mediaDevices.getUserMedia({ audio: true }).catch((error: Error) => error.name),
      ),
    ).toBe('NotAllowedError');

    // A camera, one deployment.
    await window.getByTestId('live-start').click();
    await expect(best(window, 0)).toContainText('heart', { timeout: 90_000 });
    const resting = await drawnPerSecond(window);
    await expect(side(window, 0)).toContainText('Frames/s');
    console.log(`the window draws ${resting.toFixed(1)} frames a second while one network runs`);
    expect(await cameraState(window)).toBe('live');

    // Two of them, on different targets.
    await window.getByTestId('live-stop').click();
    const second = window.getByTestId('live-second');
    await second.getByLabel('Beside it').selectOption({ index: 2 });
    await second.getByLabel('Threads').fill('2');
    await second.getByLabel('Threads').press('Tab');
    await window.getByTestId('live-start').click();
    await expect(best(window, 1)).toContainText('heart', { timeout: 90_000 });
    await expect(window.getByTestId('live-agreement')).toContainText(/Agree on [\d,]+ of [\d,]+ frames/, {
      timeout: 60_000,
    });
    console.log(`the window draws ${(await drawnPerSecond(window)).toFixed(1)} frames a second while two networks run`);
    await look(launched, 'live-two', [1440, 1024]);
    await expectAccessible(window);

    // Paused, nothing is answered any more; a step answers one frame.
    await window.getByTestId('live-stage').focus();
    await window.keyboard.press('Space');
    await expect(window.getByTestId('live-pause')).toHaveText('Play');
    const answered = async (): Promise<number> =>
      Number((await side(window, 0).locator('dd').nth(1).textContent())!.replaceAll(',', ''));
    await expect
      .poll(async () => {
        const before = await answered();
        await window.waitForTimeout(500);
        return (await answered()) - before;
      })
      .toBe(0);
    const before = await answered();
    await window.keyboard.press('ArrowRight');
    await expect.poll(answered).toBe(before + 1);

    // A snapshot and a record, as files where a person says.
    const asked = await answered();
    const page = join(folder, 'live.html');
    await answerSaveDialog(app, page);
    await window.getByTestId('live-stage').focus();
    await window.keyboard.press('s');
    await expect(window.getByText(`Saved ${page}`)).toBeVisible({ timeout: 30_000 });
    expect(await answered(), 'a snapshot asks nobody again').toBe(asked);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('heart');
    const numbers = JSON.parse(/<script[^>]*id="numbers">([^]*?)<\/script>/.exec(html)![1]!) as {
      sides: { target: string }[];
    };
    expect(numbers.sides.map(({ target }) => target)).toEqual(['ort-cpu x1', 'ort-cpu x2']);
    const csv = join(folder, 'live.csv');
    await answerSaveDialog(app, csv);
    await window.getByTestId('live-record').click();
    await window.getByTestId('live-step').click();
    await expect(window.getByTestId('live-record')).toHaveText(/Save 2 answers/);
    await window.getByTestId('live-record').click();
    await expect.poll(() => existsSync(csv)).toBe(true);
    const lines = readFileSync(csv, 'utf8').trim().split('\r\n');
    expect(lines.length).toBe(3);
    expect(lines[1]).toContain('heart');

    // A record that is not saved outlives its session, and the window asks before it is closed over it.
    await window.getByTestId('live-record').click();
    await window.getByTestId('live-step').click();
    await expect(window.getByTestId('live-record')).toHaveText(/Save 2 answers/);
    await window.getByTestId('live-stop').press('Enter');
    await expect(window.getByTestId('live-start')).toBeFocused();
    await expect(window.getByTestId('live-unsaved')).toContainText('A record of 2 answers is not saved');
    expect(await closedOverRecord(app)).toBe('A record of Live is not saved.');
    await look(launched, 'live-unsaved', [1440, 1024]);
    rmSync(csv);
    await window.getByTestId('live-save-record').click();
    await expect.poll(() => existsSync(csv)).toBe(true);
    expect(readFileSync(csv, 'utf8').trim().split('\r\n').length).toBe(3);
    await expect(window.getByTestId('live-unsaved')).toBeHidden();

    // Another model while the first one opens: only the newer choice counts.
    const models = window.getByTestId('live-first').getByLabel('Model');
    await models.selectOption({ index: 1 });
    await window.getByTestId('live-start').click();
    await models.selectOption({ index: 0 });
    await expect(window.getByTestId('live-start')).toBeVisible();
    await window.getByTestId('live-start').click();
    const newer = (await models.inputValue())
      .split(/[\\/\n]/)
      .at(-1)!
      .replace(/\.onnx$/, '');
    await expect(side(window, 0).getByRole('heading')).toHaveText(newer, { timeout: 90_000 });
    await expect(best(window, 0)).toContainText('heart', { timeout: 90_000 });
    await expect(window.getByTestId('live-announced')).toContainText(/heart/, { timeout: 10_000 });

    // The camera is off as soon as the view is left, and stays denied elsewhere.
    await cameraState(window);
    await window.getByTestId('nav-runs').click();
    await expect.poll(() => cameraState(window)).toBe('ended');
    expect(await mayUseCamera(window), 'after leaving').toBe('NotAllowedError');

    // A model file that is dropped is the first side's; one that cannot be opened says why.
    await openLive(launched);
    const network = join(starter, 'models', 'mobilenetv2-starter.onnx');
    await models.selectOption({ index: 1 });
    await dropPath(window, network);
    await expect(models).toHaveValue(/mobilenetv2-starter\.onnx$/);
    const broken = join(folder, 'broken.tflite');
    await writeFile(broken, 'not a network');
    await dropPath(window, broken);
    await expect(window.getByTestId('live-add-problem')).toContainText('broken.tflite');
    await look(launched, 'live-broken-model', [1024]);
    await dropPath(window, network);
    await expect(window.getByTestId('live-add-problem')).toBeHidden();

    // A dropped photo is answered at once.
    await dropPath(window, gear);
    await expect(window.getByTestId('live-chosen')).toHaveText('eval-029.jpg');
    await expect(best(window, 0)).toContainText('gear', { timeout: 90_000 });
    await look(launched, 'live-photo', [1440]);

    // A folder, image by image, with its labels.
    await window.getByTestId('live-stop').click();
    await dropPath(window, join(starter, 'dataset'));
    await expect(window.getByTestId('live-where')).toContainText(/1 of \d+ · .*\.jpg · label \w+/, { timeout: 90_000 });
    await expect(best(window, 1)).toContainText(/\d/);
    await window.getByTestId('live-step').click();
    await expect(window.getByTestId('live-where')).toContainText(/^2 of/);
    await look(launched, 'live-folder', [1024]);
    expect(complaints).toEqual([]);
  } finally {
    await launched.close();
    await rm(folder, { recursive: true, force: true });
  }
});

/** Closes the window as a person would who then keeps it open. Answers what they were asked. */
async function closedOverRecord(app: LaunchedApp['app']): Promise<string> {
  return app.evaluate(
    ({ BrowserWindow, dialog }) =>
      new Promise<string>((resolve) => {
        const real = dialog.showMessageBoxSync;
        dialog.showMessageBoxSync = (...words: unknown[]) => {
          dialog.showMessageBoxSync = real;
          resolve((words.at(-1) as { message: string }).message);
          return 0;
        };
        BrowserWindow.getAllWindows()[0]!.close();
      }),
  );
}

/** Processes of this application that run a side of Live. */
function sidePids({ app }: LaunchedApp): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((row) => row !== null);
  const engine = rows.find(
    ([, , parent, words]) => Number(parent) === app.process().pid && words!.includes('engine.js'),
  );
  return rows
    .filter(([, , parent, words]) => parent === engine?.[1] && words!.includes('live-worker.js'))
    .map((row) => Number(row[1]));
}

test('Live says what is wrong: no camera, a side that died', async () => {
  test.setTimeout(400_000);
  const launched = await launchApp({ switches: ['--use-fake-device-for-media-stream=device-count=2'], width: 1440 });
  const { window, app } = launched;
  try {
    await openLive(launched);
    // There are two cameras to choose from; of the second the browser tells no layout of its pixels.
    const cameras = window.getByTestId('live-camera');
    await expect(cameras.locator('option')).toHaveText(['Usual camera', 'fake_device_0', 'fake_device_1']);
    await cameras.selectOption({ label: 'fake_device_1' });
    await window.getByTestId('live-start').click();
    await expect(best(window, 0)).toContainText(/\d/, { timeout: 90_000 });
    expect(await cameraName(window)).toBe('fake_device_1');
    await window.getByTestId('live-stop').click();
    await app.evaluate(({ session }) =>
      session.defaultSession.setPermissionRequestHandler((_c, _p, answer) => answer(false)),
    );
    await window.getByTestId('live-start').click();
    await expect(window.getByTestId('live-problem')).toContainText(/camera/i, { timeout: 60_000 });
    await look(launched, 'live-failed', [1440]);
    await expectAccessible(window);

    await window.getByTestId('live-second').getByLabel('Beside it').selectOption({ index: 2 });
    await dropPath(window, join(starter, 'dataset'));
    await expect(best(window, 1)).toContainText(/\d/, { timeout: 90_000 });
    const pids = sidePids(launched);
    expect(pids.length).toBe(2);
    process.kill(pids[0]!, 'SIGKILL');
    await window.getByTestId('live-step').click();
    await expect(window.getByTestId('live-view')).toContainText('ended unexpectedly', { timeout: 30_000 });
    await look(launched, 'live-died', [1440, 1024]);
    await expectAccessible(window);

    // Started again, it answers the image that shows; the other keeps its counts.
    const other = side(window, 1).locator('dd').nth(1);
    const counted = await other.textContent();
    await window.getByTestId('live-restart').click();
    await expect(window.getByTestId('live-restart')).toBeHidden({ timeout: 60_000 });
    await expect(best(window, 0)).toContainText(/\d/, { timeout: 30_000 });
    expect(await other.textContent()).toBe(counted);
    expect(sidePids(launched).length).toBe(2);
    await window.keyboard.press('ArrowRight');
    await expect(window.getByTestId('live-where')).toContainText(/^3 of/);

    // Leaving the view leaves no process.
    await window.getByTestId('nav-runs').click();
    await expect.poll(() => sidePids(launched).length).toBe(0);
  } finally {
    await launched.close();
  }
});
