import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { SearchAnswer } from '@shared/search';
import type { Predictions } from '../../../src/main/engine/measure/accuracy/accuracy';
import { createEngine } from '../../../src/main/engine/create-engine';
import { handlersOf } from '../../../src/main/engine/handlers';
import { openWorkspace } from '../../../src/main/engine/store/workspace';
import type { TrialPlan } from '../../../src/main/engine/sweep/plan';
import { readSweep } from '../../../src/main/engine/sweep/read-sweep';
import { temporaryFolder } from '../store/temporary-folder';
import { furnish, writeSweep } from './laboratory';
import { filesBelow, sentences, start, whittle } from './whittle';

const starter = resolve(import.meta.dirname, '../../../resources/starter');
const model = (name: string): string => join(starter, 'models', `${name}-starter.onnx`);
const data = join(starter, 'dataset');
const usual = ['--data', data, '--limit', '80', '--max-drop', '5', '--json', '--out', 'out'];
const small = [model('squeezenet'), ...usual, '--goal', 'size', '--target', 'none', '--trials', '3'];

/** What does not depend on the clock. */
const found = (stdout: string): Omit<SearchAnswer, 'seconds' | 'runs'> => {
  const { seconds: _seconds, runs: _runs, ...rest } = JSON.parse(stdout) as SearchAnswer;
  return rest;
};

describe('whittle search', { timeout: 600_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-search-'));
  let undisturbed: SearchAnswer;
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('finds a smaller file and measures it on images that took no part in choosing', async () => {
    const { code, stdout } = await whittle(folder, 'search', ...small);
    expect(code).toBe(0);
    undisturbed = JSON.parse(stdout) as SearchAnswer;
    const { winners, front, trials, images, runs } = undisturbed;
    expect(trials).toBe(3);
    expect(images.selection).toBe(40);
    expect(images.confirmation).toBe(40);
    expect(images.divergence).toBeGreaterThan(0);
    const [winner] = winners;
    expect(winner).toMatchObject({ goal: 'size', model: 'squeezenet-starter', confirmed: { n: 40 } });
    expect(winner!.sizeRatio).toBeLessThan(0.4);
    expect(winner!.confirmed.top1Delta).toBeGreaterThanOrEqual(-5);
    expect(front.map(({ recipe }) => recipe)).toContain(winner!.recipe);
    expect(readFileSync(join(folder, winner!.path)).length).toBe(winner!.sizeBytes);
    expect(existsSync(join(folder, winner!.path.replace(/\.onnx$/, '.card.json')))).toBe(true);

    const workspace = openWorkspace(join(folder, 'out'));
    try {
      const imagesOf = (run: string): Set<string> =>
        new Set(
          workspace.runs.trials<TrialPlan>(run).flatMap(({ plan }) =>
            plan.steps.flatMap(({ key, kind }) => {
              const answers = kind === 'evaluate' ? (workspace.steps.find(key)?.result as Predictions) : undefined;
              return answers?.hashes ?? [];
            }),
          ),
        );
      const [chosenOn, confirmedOn] = [imagesOf(runs.candidates), imagesOf(runs.confirmation!)];
      expect(confirmedOn.size).toBe(40);
      expect([...chosenOn].filter((hash) => confirmedOn.has(hash))).toEqual([]);
    } finally {
      workspace.close();
    }
  });

  it('computes nothing twice: the same command again only answers', async () => {
    const { stdout } = await whittle(folder, 'search', ...small);
    const again = JSON.parse(stdout) as SearchAnswer;
    expect(again).toEqual(undisturbed);
    // A time of day is no part of what a search is.
    const later = new Date(Date.now() + 7_200_000).toTimeString().slice(0, 5);
    const timed = await whittle(folder, 'search', ...small, '--until', later);
    expect(JSON.parse(timed.stdout)).toEqual(undisturbed);
  });

  it('goes on after a kill at any moment, to the same answer', async () => {
    const other = temporaryFolder();
    for (const artifacts of [1, 2]) {
      const { child, ended } = start(other, ['search', ...small]);
      const written = (): number => filesBelow(other).filter((path) => /^out\/artifacts\/..\//.test(path)).length;
      while (child.exitCode === null && written() < artifacts) await delay(100);
      child.kill('SIGKILL');
      await ended;
      expect(child.signalCode).toBe('SIGKILL');
    }
    const { code, stdout } = await whittle(other, 'search', ...small);
    expect(code).toBe(0);
    expect(found(stdout)).toEqual(found(JSON.stringify(undisturbed)));
  });

  it('measures times where they count, and another network may stand in', async () => {
    const here = temporaryFolder();
    const words = [model('resnet'), ...usual, '--goal', 'latency', '--trials', '2', '--also', model('squeezenet')];
    const { stdout } = await whittle(here, 'search', ...words, '--max-drop', '100');
    const { winners, front } = JSON.parse(stdout) as SearchAnswer;
    expect(winners[0]!.latencyRatio).toBeLessThan(1);
    for (const { latencyRatio, latencyInterval } of front) {
      expect(latencyInterval![0]).toBeLessThanOrEqual(latencyRatio!);
      expect(latencyInterval![1]).toBeGreaterThanOrEqual(latencyRatio!);
    }
    expect(winners[0]!.replaces).toBe(winners[0]!.model === 'resnet-starter' ? undefined : 'network');
  });

  it('stands beside the recipes of a sweep file, on images of one pool', async () => {
    const here = await furnish(temporaryFolder());
    const sweep = writeSweep(here, {
      recipes: 'recipes: { baseline: [] }\nsearch: { maxDrop: 100, goal: size, trials: 2 }',
    });
    const { code, stdout, stderr } = await whittle(here, 'run', 'sweep.yaml', '--out', 'out', '--json');
    expect(code, stderr).toBe(0);
    const { trials, searches } = JSON.parse(stdout) as { trials: unknown[]; searches: SearchAnswer[] };
    expect(trials).toHaveLength(1);
    expect(searches).toHaveLength(1);
    expect(searches[0]).toMatchObject({ trials: 2, images: { divergence: 0, selection: 6, confirmation: 6 } });
    expect(existsSync(join(here, searches[0]!.winners[0]!.path))).toBe(true);
    expect(searches[0]!.winners[0]!.path).toContain(join('out', 'search', '1', 'models'));

    const engine = await createEngine({ workspace: join(here, 'home') });
    try {
      const { warnings } = await handlersOf(engine)['sweeps.plan'](await readSweep(sweep));
      expect(warnings).toContainEqual(expect.stringContaining('Behind the recipes a search of up to 1h will run'));
    } finally {
      engine.close();
    }
  });

  it('that had no time beside the recipes of a sweep is said, and what the recipes gave is printed', async () => {
    const here = await furnish(temporaryFolder());
    writeSweep(here, { recipes: 'recipes: { baseline: [] }\nsearch: { maxDrop: 100, budget: 0s }' });
    const { code, stdout, stderr } = await whittle(here, 'run', 'sweep.yaml', '--out', 'out', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ trials: [{ status: 'done' }] });
    expect(sentences(stderr).join('\n')).toContain('The time was over before small itself was measured.');
  });

  it.each([
    [['--goal', 'beauty'], 'search: --goal takes latency, size, both, not "beauty".'],
    [['--max-drop', 'x'], 'search: --max-drop takes a number, not "x".'],
    [['--budget', 'long'], 'search: --budget: give a time such as "90 min" or "2h".'],
    [['--until', '25:00'], 'search: --until takes a time of day such as 07:00, not "25:00".'],
    [['--target', '!'], 'search: --target takes a runtime with its threads such as ort-cpu:2, or none, not "!".'],
  ])('says what is wrong: %j', async (words, sentence) => {
    const { code, stderr } = await whittle(folder, 'search', model('squeezenet'), '--data', data, ...words);
    expect(code).toBe(2);
    expect(sentences(stderr)[0]).toContain(sentence);
  });
});
