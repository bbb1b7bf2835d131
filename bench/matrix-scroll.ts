/**
 * How smoothly the matrix scrolls while a run is under way: the real window with a run of 210 trials (10 networks, 21 recipes, two
 * targets) whose trials and progress are announced at a given rate; the wheel turns without pause, and the times between animation
 * frames are printed in ms. Goal: p95 below 50. Needs `npm run build` and a screen, or Xvfb.
 * Usage: matrix-scroll [seconds] [trials announced a second] [metrics shown, comma separated]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrialView } from '../src/shared/run';
import { largeRun } from '../test/unit/report/large-run';
import { announceTrials, openSyntheticRun, screen } from './synthetic-run';

const seconds = Number(process.argv[2] ?? 15);
const announcedPerSecond = Number(process.argv[3] ?? 10);
const metrics = (process.argv[4] ?? 'size,latency,top1').split(',');

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

const quantile = (sorted: readonly number[], share: number): string =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(1);

function print(name: string, { frames }: Frames): void {
  const sorted = frames.slice(1).sort((a, b) => a - b);
  const slow = sorted.filter((ms) => ms > 50).length;
  console.log(
    `${name}: p50 ${quantile(sorted, 0.5)}, p95 ${quantile(sorted, 0.95)}, p99 ${quantile(sorted, 0.99)}, max ${sorted.at(-1)!.toFixed(1)} ms over ${sorted.length} frames, ${slow} above 50 ms`,
  );
}

const home = mkdtempSync(join(tmpdir(), 'whittle-matrix-scroll-'));
const { env, close } = await screen();
try {
  const run = { ...largeRun(), status: 'running' as const };
  const { app, window } = await openSyntheticRun(run, { home, env, metrics });
  print('quiet  ', await window.evaluate(scrollFor, (seconds * 1000) / 3));
  let count = 0;
  const stop = announceTrials(app, run, announcedPerSecond, (trial: TrialView): TrialView => {
    const { metrics } = trial;
    // Every fourth announcement brings numbers, as the steps of a trial do; the others say what is under way.
    if (count++ % 4 > 0) return { ...trial, status: trial.status === 'running' ? 'done' : 'running' };
    const latency = metrics.latency.map((each) => ({ ...each, ratio: each.ratio * 1.01 }));
    return { ...trial, metrics: { ...metrics, top1: (metrics.top1 ?? 50) - 0.1, latency } };
  });
  const busy = await window.evaluate(scrollFor, seconds * 1000);
  const announced = stop();
  print('running', busy);
  console.log(`${busy.cells} cells, ${announced} trials announced in ${seconds} s`);
  await app.close();
} finally {
  close();
  rmSync(home, { recursive: true, force: true });
}
