import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { loadModel } from '../../../src/main/engine/onnx/load';
import { temporaryFolder } from '../store/temporary-folder';
import { furnish } from './laboratory';
import { interrupt, start, type Started } from './whittle';

/** Trains far longer than anybody waits; until its first line of progress, which comes after five seconds. */
async function training(folder: string): Promise<Started> {
  const recipe = 'prune.magnitude{amount:0.5} | finetune{iterations:1000000,batch:4} | fp16';
  const started = start(folder, ['compress', 'small.onnx', '--recipe', recipe, '--data', 'images', '-o', 'out.onnx']);
  let said = '';
  while (!said.includes('training, ')) {
    const [chunk] = (await once(started.child.stderr!, 'data')) as [Buffer];
    said += chunk.toString();
  }
  return started;
}

test('Ctrl-C once: training stops, the best so far goes on through the recipe and is written', async () => {
  const folder = await furnish(temporaryFolder());
  const { child, ended } = await training(folder);
  interrupt(child);
  const { code, stdout, stderr } = await ended;
  expect([code, stderr]).toEqual([0, expect.stringContaining('(Ctrl-C: stop training, keep the best so far)')]);
  expect(stderr).toContain('Ctrl-C again: cancel, nothing is written.');
  expect(stderr).toMatch(/It was stopped by hand after [\d,.]+ of [\d,.]+ epochs \(step [\d,]+ of 1,000,000\)\./);
  expect(stdout).toMatch(
    /Training was stopped by hand after .*: this is not what the whole recipe gives\. The same command again trains on/,
  );
  const { metadata } = await loadModel(join(folder, 'out.onnx'));
  expect(metadata['whittle.recipe']).toMatch(/\| finetune\{.*\}, stopped by hand after .* \| fp16$/);
  const card = JSON.parse(readFileSync(join(folder, 'out.card.json'), 'utf8')) as { recipe: string };
  expect(card.recipe).toMatch(/\| fp16, stopped by hand after /);
}, 120_000);

test.skipIf(process.platform !== 'linux')(
  'a second Ctrl-C cancels: nothing is written',
  async () => {
    const folder = await furnish(temporaryFolder());
    const { child, ended } = await training(folder);
    // It may not end the training before the second.
    const workers = execFileSync('ps', ['-o', 'pid=', '--ppid', String(child.pid)], { encoding: 'utf8' });
    for (const worker of workers.trim().split(/\s+/)) process.kill(Number(worker), 'SIGSTOP');
    interrupt(child);
    await once(child.stderr!, 'data');
    // Sooner it is the same request.
    await sleep(1100);
    interrupt(child);
    const { code } = await ended;
    expect([code, existsSync(join(folder, 'out.onnx'))]).toEqual([130, false]);
  },
  120_000,
);

test.skipIf(process.platform === 'win32')(
  'a request to end cancels at once: nothing is left beside the output',
  async () => {
    const folder = await furnish(temporaryFolder());
    const before = readdirSync(folder).sort();
    const { child, ended } = await training(folder);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(130);
    expect(readdirSync(folder).sort()).toEqual([...before, 'home'].sort());
  },
  120_000,
);
