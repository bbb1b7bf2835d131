import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build } from 'vite';
import type { ImageSet } from '../../../src/main/engine/dataset/dataset';
import type { CompressJob, JobResults } from '../../../src/main/engine/jobs/job';
import type { Order } from '../../../src/main/engine/jobs/order';
import type { TrainingRecord } from '@shared/training-record';
import { loadModel } from '../../../src/main/engine/onnx/load';
import { modelIdentity } from '../../../src/main/engine/models/model-identity';
import { saveModel } from '../../../src/main/engine/onnx/save';
import { LocalContents } from '../../../src/main/engine/sweep/local-contents';
import { LocalExecutor } from '../../../src/main/engine/sweep/local-executor';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import { temporaryFolder, writeTree } from '../dataset/photographs';
import { applyTo, wholeCard, wholeNetwork } from '../techniques/whole-network';

const project = resolve(import.meta.dirname, '../../..');
let scripts: string;

// Inside the project, so that the script finds its packages.
beforeAll(async () => {
  mkdirSync(join(project, '.cache'), { recursive: true });
  scripts = mkdtempSync(join(project, '.cache', 'worker-'));
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: { alias: { '@shared': join(project, 'src/shared') } },
    build: {
      ssr: join(import.meta.dirname, 'mortal-worker.ts'),
      outDir: scripts,
      rolldownOptions: { output: { entryFileNames: 'worker.mjs' } },
    },
  });
});
afterAll(() => rmSync(scripts, { recursive: true, force: true }));

/** No process that is killed does more than a few steps. */
const [steps, kills, stepsEach] = [100, 10, 8];

/** A workspace of its own, and a network that is trained there. */
async function workspace() {
  const folder = temporaryFolder();
  const contents = new LocalContents(folder);
  const network = wholeNetwork();
  const pruned = await applyTo(
    { graph: network, reference: network },
    { technique: 'prune.magnitude', params: { amount: 0.5 } },
  );
  const added = async (name: string, graph: typeof network) => {
    const path = join(folder, name);
    await saveModel(graph, path);
    return contents.addModel({ path, sha256: (await modelIdentity(path)).sha256 });
  };
  const names = Array.from({ length: 72 }, (_, at) => `${at}.jpg`);
  await writeTree(join(folder, 'images'), Object.fromEntries(names.map((name, at) => [name, at])));
  const entries = names.map((name, at) => {
    const path = join(folder, 'images', name);
    return { path, hash: createHash('sha256').update(readFileSync(path)).digest('hex'), label: at % 10 };
  });
  const train: ImageSet<'train'> = { split: 'train', alreadyResized: false, entries };
  const order: Order<CompressJob> = {
    kind: 'compress',
    key: 'k',
    output: 'k',
    model: await added('pruned.onnx', pruned.graph),
    reference: await added('network.onnx', network),
    card: wholeCard(network),
    technique: 'finetune',
    params: { iterations: steps, batch: 8, learningRate: 0.001 },
    train: await contents.addImages(train),
    seed: 1,
    threads: 1,
  };
  return { folder, contents, order };
}

/** Trains, and kills the worker `times` times, each after a few steps at a moment that chance chooses. */
async function trained(times: number): Promise<{ bytes: Buffer; result: JobResults['compress']; begun: string[] }> {
  const { folder, contents, order } = await workspace();
  const executor = new LocalExecutor(join(scripts, 'worker.mjs'), folder, 1);
  const random = createRandom(3);
  const begun: string[] = [];
  const run = (stepsLeft: number): Promise<JobResults['compress']> => {
    let [worker, left, first] = [0, stepsLeft, true];
    const events = {
      note: () => undefined,
      log: (line: string) => void (line.startsWith('process ') && (worker = Number(line.slice(8)))),
      progress(stage: string, done: number) {
        if (!stage.startsWith('training')) return;
        if (first) begun.push(`from ${done}`);
        first = false;
        if (left-- === 0) setTimeout(() => process.kill(worker, 'SIGKILL'), 8 * random());
      },
    };
    return executor.run(order, events, new AbortController().signal);
  };
  process.env['WHITTLE_TEST_SAVES'] = String(stepsEach);
  for (let kill = 0; kill < times; kill++)
    await expect(run(1 + Math.floor(2 * random()))).rejects.toMatchObject({ code: 'worker.crashed' });
  delete process.env['WHITTLE_TEST_SAVES'];
  const result = await run(Infinity);
  expect(existsSync(join(folder, 'checkpoints', 'k'))).toBe(false);
  return { bytes: readFileSync(contents.outputPath('k')), result, begun };
}

test('a worker that is killed ten times while it trains leaves the same file as one that is left alone', async () => {
  const [killed, alone] = [await trained(kills), await trained(0)];
  expect(killed.bytes.equals(alone.bytes)).toBe(true);
  expect(killed.begun).toHaveLength(kills + 1);
  expect(killed.begun.at(-1)).not.toBe('from 0');
  const curve = ({ result }: typeof alone): object => ({
    ...result.training![0]!,
    heldOut: result.training![0]!.heldOut.map(({ seconds: _, ...point }) => point),
    seconds: 0,
    waitedShare: 0,
  });
  expect(curve(killed)).toEqual(curve(alone));
  expect(alone.result.training).toMatchObject([{ technique: 'finetune', steps, batch: 8, heldOutImages: 8 }]);
}, 600_000);

test('a worker that is told to stop leaves the best so far, and a checkpoint from which another ends as if nobody had', async () => {
  const alone = await trained(0);
  const { folder, contents, order } = await workspace();
  const executor = new LocalExecutor(join(scripts, 'worker.mjs'), folder, 1);
  const stop = new AbortController();
  const notes: string[] = [];
  const events = {
    note: (sentence: string) => void notes.push(sentence),
    log: () => undefined,
    progress: (stage: string, done: number) => stage.startsWith('training') && done === 20 && stop.abort(),
  };
  const result = await executor.run(order, { ...events, stop: stop.signal }, new AbortController().signal);
  const [{ steps: done, stopped }] = result.training! as [TrainingRecord];
  expect(stopped).toEqual({ of: steps, stepsOfEpoch: 8 });
  expect([done > 20, done < steps]).toEqual([true, true]);
  expect(notes.join(' ')).toMatch(/It was stopped by hand after .* epochs \(step \d+ of 100\)/);
  const [bytes, kept] = [readFileSync(contents.outputPath('k')), existsSync(join(folder, 'checkpoints', 'k'))];
  expect([kept, bytes.equals(alone.bytes)]).toEqual([true, false]);
  expect((await loadModel(contents.outputPath('k'))).metadata['whittle.recipe']).toMatch(
    /finetune\{.*\}, stopped by hand after/,
  );

  const begun: number[] = [];
  const again = { ...events, progress: (stage: string, at: number) => stage.startsWith('training') && begun.push(at) };
  await executor.run(order, again, new AbortController().signal);
  expect(begun[0]).toBe(done);
  expect(readFileSync(contents.outputPath('k')).equals(alone.bytes)).toBe(true);
  expect(existsSync(join(folder, 'checkpoints', 'k'))).toBe(false);
}, 600_000);
