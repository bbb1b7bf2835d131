/**
 * How smoothly the matrix scrolls, sorts and filters, also while a run is under way: the real window with a run of 500 trials (10 networks,
 * 50 recipes, two targets) whose trials and progress are announced at a given rate. The wheel turns without pause, columns are sorted, the
 * filter is typed; the times between animation frames are printed in ms, before them how soon the window can be used. Goals: no frame above
 * 50 ms, interactive within 2 s. Needs `npm run build` and a screen, or Xvfb.
 * Usage: matrix-scroll [seconds] [trials announced a second] [metrics shown, comma separated] [recipes]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { _electron, type ElectronApplication } from '@playwright/test';
import type { RunView, TrialView } from '../src/shared/run';
import { announceTrial, showSyntheticRun } from '../test/e2e/actions/synthetic-run';
import { largeRun } from '../test/unit/report/large-run';

const seconds = Number(process.argv[2] ?? 15);
const announcedPerSecond = Number(process.argv[3] ?? 10);
const metrics = (process.argv[4] ?? 'size,latency,top1').split(',');
const recipes = Number(process.argv[5] ?? 50);

interface Frames {
  frames: number[];
  cells: number;
}

/** In the page: turns the wheel down and up again and takes the time of every frame. */
async function scrollFor(ms: number): Promise<Frames> {
  const box = document.querySelector('[data-testid="matrix"]')!.parentElement!;
  const frames: number[] = [];
  const end = performance.now() + ms;
  let last = performance.now();
  let step = 40;
  await new Promise<void>((done) => {
    const frame = (): void => {
      const now = performance.now();
      frames.push(now - last);
      last = now;
      const before = box.scrollTop;
      box.scrollTop += step;
      box.scrollLeft += step / 4;
      if (box.scrollTop === before) step = -step;
      if (now < end) requestAnimationFrame(frame);
      else done();
    };
    requestAnimationFrame(frame);
  });
  return { frames, cells: document.querySelectorAll('[data-testid^="cell-"]').length };
}

/** In the page: sorts by one column after another, or types a filter and takes it back, one act every 300 ms, and takes the time of every frame. */
async function actFor({ ms, act }: { ms: number; act: 'sort' | 'filter' }): Promise<Frames> {
  const heads = [...document.querySelectorAll<HTMLElement>('[data-testid="matrix"] th[aria-sort]')];
  const input = document.querySelector<HTMLInputElement>('input[aria-label="Filter recipes"]')!;
  const texts = ['q', 'qu', 'qua', 'quan', 'quant', '', 'p', 'pr', 'prune', ''];
  const frames: number[] = [];
  const start = performance.now();
  let [last, acts] = [start, 0];
  await new Promise<void>((done) => {
    const frame = (): void => {
      const now = performance.now();
      frames.push(now - last);
      last = now;
      if (now - start > 300 * (acts + 1)) {
        const at = acts++;
        if (act === 'sort') heads[at % heads.length]!.click();
        else {
          input.value = texts[at % texts.length]!;
          input.dispatchEvent(new Event('input', { bubbles: true }));
        }
      }
      if (now - start < ms) requestAnimationFrame(frame);
      else done();
    };
    requestAnimationFrame(frame);
  });
  return { frames, cells: acts };
}

const quantile = (sorted: readonly number[], share: number): string =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(1);

function print(name: string, { frames }: Frames): void {
  const sorted = frames.slice(1).sort((a, b) => a - b);
  const slow = sorted.filter((ms) => ms > 50).length;
  console.log(
    `${name}: p50 ${quantile(sorted, 0.5)}, p95 ${quantile(sorted, 0.95)}, p99 ${quantile(sorted, 0.99)}, max ${sorted.at(-1)!.toFixed(1)} ms over ${sorted.length} frames, ${slow} above 50 ms`,
  );
}

/** The Electron to use and a screen for it, found as the end-to-end tests find them. */
async function electron(): Promise<{ executablePath: string; display: string | undefined; close: () => void }> {
  const script = (name: string): Promise<unknown> =>
    import(/* @vite-ignore */ pathToFileURL(join(process.cwd(), 'scripts', name)).href);
  const { resolveElectron } = (await script('electron-runtime.mjs')) as { resolveElectron: () => Promise<string> };
  const { openDisplay } = (await script('linux-desktop.mjs')) as {
    openDisplay: () => Promise<{ display: string | undefined; close: () => void }>;
  };
  return { executablePath: await resolveElectron(), ...(await openDisplay()) };
}

/** Every fourth announcement brings numbers, as the steps of a trial do; the others say what is under way. */
function next(trial: TrialView, count: number): TrialView {
  if (count % 4 > 0) return { ...trial, status: trial.status === 'running' ? 'done' : 'running' };
  const latency = trial.metrics.latency.map((each) => ({ ...each, ratio: each.ratio * 1.01 }));
  return { ...trial, metrics: { ...trial.metrics, top1: (trial.metrics.top1 ?? 50) - 0.1, latency } };
}

/** Announces one trial after the other. @returns stops, and says how many were announced */
function announceTrials(app: ElectronApplication, run: RunView): () => number {
  const trials = [...run.trials];
  let count = 0;
  const timer = setInterval(() => {
    const at = count++ % trials.length;
    trials[at] = next(trials[at]!, count);
    // The window may close before the last announcement.
    announceTrial(app, run, trials[at], count).catch(() => undefined);
  }, 1000 / announcedPerSecond);
  return () => {
    clearInterval(timer);
    return count;
  };
}

const home = mkdtempSync(join(tmpdir(), 'whittle-matrix-scroll-'));
const { executablePath, display, close } = await electron();
try {
  const run: RunView = { ...largeRun(recipes), status: 'running' };
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const launchedAt = performance.now();
  const app = await _electron.launch({
    executablePath,
    chromiumSandbox: sandbox.length === 0,
    args: ['--disable-gpu', ...sandbox, `--user-data-dir=${join(home, 'chromium')}`, process.cwd()],
    env: { ...process.env, WHITTLE_HOME: home, ...(display && { DISPLAY: display }) },
  });
  const window = await app.firstWindow();
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.setContentSize(1440, 900));
  await window.getByTestId('nav-matrix').waitFor();
  console.log(`usable ${((performance.now() - launchedAt) / 1000).toFixed(2)} s after its start`);
  const shownAt = performance.now();
  await showSyntheticRun(app, window, run, { metrics });
  console.log(`${run.trials.length} trials shown after ${((performance.now() - shownAt) / 1000).toFixed(2)} s`);
  print('scroll, quiet  ', await window.evaluate(scrollFor, (seconds * 1000) / 3));
  for (const act of ['sort', 'filter'] as const)
    print(`${act}, quiet  `, await window.evaluate(actFor, { ms: (seconds * 1000) / 3, act }));
  const stop = announceTrials(app, run);
  const busy = await window.evaluate(scrollFor, seconds * 1000);
  print('scroll, running', busy);
  for (const act of ['sort', 'filter'] as const)
    print(`${act}, running`, await window.evaluate(actFor, { ms: (seconds * 1000) / 3, act }));
  const announced = stop();
  console.log(`${busy.cells} cells, ${announced} trials announced`);
  await app.close();
} finally {
  close();
  rmSync(home, { recursive: true, force: true });
}
