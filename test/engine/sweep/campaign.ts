import Database from 'libsql';
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunProgress, RunSummary, RunView } from '@shared/run';
import type { SweepFile } from '@shared/sweep-file';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import { builtFile } from '../../../src/main/engine/files/built-file';
import { EngineHost } from '../../../src/main/engine/host';
import { childrenOf } from '../jobs/descendants';

export const blows = [
  'kill the engine',
  'kill a worker',
  'damage an artifact',
  'fill the disk',
  'restart all',
] as const;
export type Blow = (typeof blows)[number];

/** What became of a sweep. */
export interface Outcome {
  view: RunView;
  wallMs: number;
  /** Blows that found something to hit. */
  struck: Blow[];
  /** Finished steps as the log tells, "net/half compress fp16"; one that finished twice is there twice. */
  finished: string[];
  /** Of those, how often a damaged file was the reason. */
  mended: number;
  /** Time of the steps that this run computed. */
  computedMs: number;
}

/**
 * Runs a sweep in an engine as the window hosts it, and strikes while it runs: each blow after another number of finished steps, at a moment
 * that chance chooses.
 * @param home folder of the workspace
 * @param disk a folder on the same disk, where that may be filled
 */
export async function campaign(
  sweep: SweepFile,
  home: string,
  planned: readonly Blow[] = [],
  { seed = 1, disk, spreadMs = 1500, say = () => undefined }: CampaignOptions = {},
): Promise<Outcome> {
  const random = createRandom(seed);
  const startedAt = Date.now();
  let engine = await started(home);
  const { id } = (await engine.host.request('sweeps.start', sweep)) as RunSummary;
  const steps = stepsOf((await engine.host.request('runs.get', { run: id })) as RunView);
  // In an order that chance chooses, spread over the run.
  const order = planned
    .map((blow) => ({ blow, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ blow }, index) => ({ blow, at: Math.floor(((index + random()) / (planned.length + 1)) * steps) }));
  const struck: Blow[] = [];
  for (const { blow, at } of order) {
    await stepsReach(at);
    await sleep(random() * spreadMs);
    if (await hasEnded(engine.host, id)) break;
    const before = countSteps(home);
    const hit = await strike(blow);
    say(`${hit ? '' : 'found nothing to hit: '}${blow}, ${before} of ${steps} steps finished`);
    if (hit) struck.push(blow);
    // The next one strikes another step.
    await stepsReach(before + 1);
  }
  // Asked seldom: the answer is the whole run, and what it costs would be measured with it.
  while (!(await hasEnded(engine.host, id))) await sleep(Math.min(3000, 20 * steps));
  const view = (await engine.host.request('runs.get', { run: id })) as RunView;
  engine.host.stop();
  return { view, wallMs: Date.now() - startedAt, struck, ...journalOf(home, id) };

  /** The run is asked seldom: its answer is all of it. */
  async function stepsReach(count: number): Promise<void> {
    for (let polls = 1; countSteps(home) < count; polls++) {
      if (polls % 40 === 0 && (await hasEnded(engine.host, id))) return;
      await sleep(50);
    }
  }

  async function strike(blow: Blow): Promise<boolean> {
    const { pid } = engine.host;
    switch (blow) {
      case 'kill the engine':
        return kill(pid);
      case 'kill a worker':
        for (let tries = 0; tries < 50 && pid !== undefined; tries++) {
          if (kill(childrenOf(pid)[0])) return true;
          await sleep(20);
        }
        return false;
      case 'damage an artifact':
        return damage(join(home, 'artifacts'), random());
      case 'fill the disk':
        return disk !== undefined && fill(disk, () => engine.progress());
      case 'restart all': {
        // As a machine that loses its power: nobody says goodbye, and somebody starts the application again.
        const hit = kill(pid);
        engine.host.stop();
        await sleep(500);
        engine = await started(home);
        return hit;
      }
    }
  }
}

export interface CampaignOptions {
  seed?: number;
  disk?: string;
  /** A blow falls within this time after its number of steps. */
  spreadMs?: number;
  say?(line: string): void;
}

interface Started {
  host: EngineHost;
  progress(): RunProgress | null;
}

/** The built engine on a workspace, as the window hosts it. */
export async function started(home: string): Promise<Started> {
  const { WHITTLE_WORKSPACE: _other, ...environment } = process.env;
  const host = new EngineHost({
    nodePath: process.execPath,
    enginePath: builtFile('engine.js'),
    environment: { ...environment, WHITTLE_HOME: home },
    onState: () => undefined,
    onSignal: () => undefined,
  });
  host.start();
  await host.request('runs.list', undefined);
  return { host, progress: () => (host.signals.get('run.progress') as RunProgress | null | undefined) ?? null };
}

async function hasEnded(host: EngineHost, run: string): Promise<boolean> {
  const view = (await host.request('runs.get', { run }).catch(() => undefined)) as RunView | undefined;
  return view !== undefined && !['running', 'paused', 'interrupted', 'queued'].includes(view.status);
}

function stepsOf(view: RunView): number {
  return new Set(view.trials.flatMap(({ steps }) => steps.map(({ key }) => key))).size;
}

/** Answers whether there was something to kill. */
export function kill(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** Turns a byte of some artifact round. */
function damage(folder: string, chance: number): boolean {
  const names = readdirSync(folder, { recursive: true }).map(String);
  const artifacts = names.filter((name) => name.endsWith('.onnx') && !name.startsWith('incoming')).toSorted();
  const chosen = artifacts[Math.floor(chance * artifacts.length)];
  if (chosen === undefined) return false;
  const path = join(folder, chosen);
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = bytes[at]! ^ 0xff;
  writeFileSync(path, bytes);
  return true;
}

/** Leaves no room until the run says that it waits for some. */
async function fill(folder: string, progress: () => RunProgress | null): Promise<boolean> {
  const path = join(folder, 'filler');
  const file = openSync(path, 'w');
  try {
    for (let size = 1 << 20; size >= 1024;) {
      try {
        if (writeSync(file, Buffer.alloc(size, 1)) < size) size >>= 1;
      } catch {
        size >>= 1;
      }
    }
  } finally {
    closeSync(file);
  }
  // A step that computes for minutes writes nothing meanwhile.
  const until = Date.now() + 900_000;
  while (!progress()?.waitsFor && Date.now() < until) await sleep(20);
  const waited = progress()?.waitsFor !== undefined;
  rmSync(path);
  return waited;
}

function countSteps(home: string): number {
  return read(home, (database) => (database.prepare('SELECT count(*) AS n FROM step').get() as { n: number }).n);
}

function journalOf(home: string, run: string): Pick<Outcome, 'finished' | 'mended' | 'computedMs'> {
  return read(home, (database) => {
    const lines = database.prepare('SELECT trial, line FROM log WHERE run = ? ORDER BY rowid').all(run) as {
      trial: string;
      line: string;
    }[];
    const sum = database
      .prepare('SELECT sum(elapsed_ms) AS ms FROM step JOIN computed USING (key) WHERE run = ?')
      .get(run) as { ms: number | null };
    return {
      finished: lines.flatMap(({ trial, line }) =>
        line.includes(': done in ') ? [`${trial} ${line.replace(/: done in .*/, '')}`] : [],
      ),
      mended: lines.filter(({ line }) => line.includes('is made again')).length,
      computedMs: sum.ms ?? 0,
    };
  });
}

function read<T>(home: string, look: (database: InstanceType<typeof Database>) => T): T {
  const database = new Database(join(home, 'whittle.db'), { readonly: true, timeout: 5000 });
  try {
    return look(database);
  } finally {
    database.close();
  }
}

/** Everything but times: those may differ from run to run. */
export function table(view: RunView): unknown {
  return view.trials.map(({ id, status, artifact, metrics, notes, error }) => {
    const { latency, ...numbers } = metrics;
    return {
      id,
      status,
      error,
      artifact: artifact?.sha256,
      notes: notes.toSorted(),
      metrics: numbers,
      latency: latency.map(({ target, mode }) => ({ target, mode })),
    };
  });
}
