import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createEngine } from '../../../src/main/engine/create-engine';
import { LiveDesk } from '../../../src/main/engine/live-desk';
import { CoreQueue } from '../../../src/main/engine/sweep/core-queue';
import type { LiveDeployment } from '../../../src/shared/live/session';
import { temporaryFolder } from '../dataset/photographs';
import { saveSmallClassifier } from '../measure/small-classifier';
import { card, jpegOf } from './small-sides';

const never = new AbortController().signal;
const target = { runtime: 'ort-cpu', threads: 1 };

/** A model with a card, whose classes are these; each is a mean of the colours. */
async function model(labelNames?: string[]): Promise<LiveDeployment> {
  const folder = temporaryFolder();
  const weights = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [0, 1, 1],
  ].slice(0, labelNames?.length ?? 3);
  const path = await saveSmallClassifier(join(folder, 'net.onnx'), { weights });
  const output = { ...card.output, classes: weights.length };
  await writeFile(join(folder, 'net.card.json'), JSON.stringify({ ...card, output, labelNames }));
  return { model: { path }, target };
}

/** A desk on a machine whose cores are given out by hand. */
async function desk() {
  const engine = await createEngine({ workspace: temporaryFolder() });
  const queue = new CoreQueue(1);
  const heard: boolean[] = [];
  const executor: ConstructorParameters<typeof LiveDesk>[0]['executor'] = {
    beside: (signal, work, waits) => queue.beside(signal, work, waits),
  };
  const { workspace, runs, modelFolder } = engine;
  const opened = new LiveDesk({ workspace, runs, modelFolder, executor }, (isWaiting) => heard.push(isWaiting));
  const ids: string[] = [];
  onTestFinished(() => {
    for (const id of ids) opened.close(id);
    engine.close();
  });
  const newId = (): string => {
    ids.push(randomUUID());
    return ids.at(-1)!;
  };
  return { desk: opened, queue, heard, newId };
}

/** Takes times on that machine until it is told to end. */
async function measurement(queue: CoreQueue): Promise<() => Promise<void>> {
  let finish = (): void => undefined;
  let hasBegun = false;
  const measured = queue.run({ lane: 'quiet' }, never, () => {
    hasBegun = true;
    return new Promise<void>((resolve) => (finish = resolve));
  });
  await expect.poll(() => hasBegun).toBe(true);
  return () => {
    finish();
    return measured;
  };
}

describe('LiveDesk', () => {
  it('opens no model beside a measurement: it waits, says so, and goes on', async () => {
    const { desk: open, queue, heard, newId } = await desk();
    const finish = await measurement(queue);
    let hasOpened = false;
    const opening = open.open(newId(), [await model()]).then((info) => {
      hasOpened = true;
      return info;
    });
    await expect.poll(() => heard).toEqual([true]);
    expect(hasOpened).toBe(false);
    await finish();
    expect((await opening).sides).toMatchObject([{ name: 'small', target: 'ort-cpu x1' }]);
    expect(heard).toEqual([true, false]);
  });

  it('lets no measurement begin before the models are open', async () => {
    const { desk: open, queue, newId } = await desk();
    let hasOpened = false;
    const deployment = await model();
    const opening = open.open(newId(), [deployment]).then(() => (hasOpened = true));
    const seen = await queue.run({ lane: 'quiet' }, never, () => Promise.resolve(hasOpened));
    expect(seen).toBe(true);
    await opening;
  });

  it('is closed also while it waits or opens, and the newer of two wins', async () => {
    const { desk: open, queue, heard, newId } = await desk();
    const deployment = await model();
    const finish = await measurement(queue);
    const waiting = newId();
    const closed = open.open(waiting, [deployment]);
    open.close(waiting);
    await expect(closed).rejects.toMatchObject({ code: 'live.closed' });
    expect(heard).toEqual([true, false]);
    await finish();

    const [older, newer] = [newId(), newId()];
    const first = open.open(older, [deployment]);
    const second = open.open(newer, [deployment]);
    await expect(first).rejects.toMatchObject({ code: 'live.closed' });
    await second;
    const frame = { kind: 'file', name: 'a.jpg', bytes: await jpegOf(1) } as const;
    await expect(open.classify(older, 0, frame)).rejects.toMatchObject({ code: 'live.closed' });
    expect(await open.classify(newer, 0, frame)).not.toBeNull();
    // The older one is gone already: closing it closes nothing else.
    open.close(older);
    expect(await open.classify(newer, 0, frame)).not.toBeNull();
    open.close(newer);
    await expect(open.classify(newer, 0, frame)).rejects.toMatchObject({ code: 'live.closed' });
  });

  it('tells how the classes of two networks compare', async () => {
    const { desk: open, newId } = await desk();
    const named = await model(['red', 'green', 'blue', 'other']);
    const turned = await model(['blue', 'red', 'green']);
    expect(await open.open(newId(), [named, turned])).toMatchObject({ comparison: { classOf: [1, 2, 0, null] } });
    const counted = await model();
    expect(await open.open(newId(), [named, counted])).toMatchObject({
      comparison: { problem: expect.stringContaining('cannot be compared') as string },
    });
    expect((await open.open(newId(), [named])).comparison).toBeUndefined();
  });

  it('knows images of a folder by the names of their classes, and says which are none of the network', async () => {
    const { desk: open, newId } = await desk();
    const path = temporaryFolder();
    for (const [at, name] of ['blue', 'mauve', 'red'].entries()) {
      await mkdir(join(path, name));
      await writeFile(join(path, name, `${name}.jpg`), await jpegOf(at));
    }
    const source = { dataset: { path, eval: 0, calibration: 0, train: 0, seed: 1 } };
    const id = newId();
    await open.open(id, [await model(['red', 'green', 'blue'])]);
    const images = (await open.openSource(id, source)).images.toSorted((a, b) => a.name.localeCompare(b.name));
    expect(images).toEqual([
      { name: 'blue.jpg', label: 2 },
      { name: 'mauve.jpg', foreign: 'mauve' },
      { name: 'red.jpg', label: 0 },
    ]);
  });

  it('leaves nothing open where a model does not open', async () => {
    const { desk: open, newId } = await desk();
    const id = newId();
    await expect(open.open(id, [{ model: { path: '/nowhere.onnx' }, target }])).rejects.toMatchObject({
      code: 'model.not-found',
    });
    await expect(open.reopen(id, 0)).rejects.toMatchObject({ code: 'live.closed' });
  });
});
