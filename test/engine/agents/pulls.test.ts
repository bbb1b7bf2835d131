import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Board } from '../../../src/main/engine/agents/board';
import { Link } from '../../../src/main/engine/agents/link';
import { keyOf, membershipFor, type Membership } from '../../../src/main/engine/agents/membership';
import { stepStream, stepSubject } from '../../../src/main/engine/agents/protocol';
import { Pulls, type Delivery } from '../../../src/main/engine/agents/pulls';
import { Seal } from '../../../src/main/engine/agents/seal';
import { Laboratory, natsServer, skipsWithoutServer } from './laboratory';

describe.skipIf(natsServer === undefined)(`steps are asked for${skipsWithoutServer}`, () => {
  const laboratory = new Laboratory(mkdtempSync(join(tmpdir(), 'whittle-pulls-')));
  let membership: Membership;
  let link: Link;
  let board: Board;
  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    membership = membershipFor((await laboratory.server()).url);
    link = await linkOf('giver');
    board = new Board(link, new Seal(keyOf(membership)));
    await board.prepare();
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });
  afterAll(async () => {
    await link?.close();
    laboratory.end();
    rmSync(laboratory.folder, { recursive: true, force: true });
  });

  async function linkOf(name: string): Promise<Link> {
    const opened = new Link({ ...membership, name, changed: () => undefined });
    await opened.open();
    expect(await opened.isThere(10_000)).toBe(true);
    return opened;
  }
  const { signal } = new AbortController();
  const linesOf = async (...classIds: string[]): Promise<void> => {
    for (const classId of classIds) await board.openLine(classId, signal);
  };
  const put = (classId: string, key: number): Promise<unknown> =>
    link.ask((stream) => stream.publish(stepSubject(classId, String(key)), 'step'));
  /** How often steps of a line were handed out. */
  const handedOut = async (classId: string): Promise<number> =>
    link.ask(async (_stream, manager) => (await manager.consumers.info(stepStream, classId)).delivered.consumer_seq);

  /** Does a step at a time, each until `work` resolves. */
  async function agent(lines: readonly string[], work: (delivery: Delivery) => Promise<unknown>, slots = 1) {
    const own = await linkOf('agent');
    const taken: string[] = [];
    const given: number[] = [];
    let busy = 0;
    const pulls: Pulls = new Pulls(
      own,
      () => true,
      (delivery) => {
        if (busy === slots) return given.push(delivery.sequence) < 0;
        taken.push(delivery.classId);
        pulls.setRoom(slots - ++busy);
        void work(delivery).then(async () => {
          await delivery.acknowledge();
          pulls.setRoom(slots - --busy);
        });
        return true;
      },
      () => undefined,
    );
    ends.push(() => own.close());
    for (const line of lines) pulls.add(line);
    pulls.setRoom(slots);
    return { taken, given };
  }

  it.each([1, 2])('each once, of more lines than there is room for in turn, by one with room for %i', async (slots) => {
    const lines = ['a', 'b', 'c'].map((line) => `${line}${slots}`);
    await linesOf(...lines);
    for (let key = 0; key < 15; key++) for (const line of lines) await put(line, key);
    const { taken, given } = await agent(lines, () => sleep(2), slots);
    await vi.waitFor(() => expect(taken).toHaveLength(45), 10_000);
    expect(given).toEqual([]);
    for (const line of lines) expect(await handedOut(line)).toBe(15);
    // No line waits for another to be empty.
    const early = lines.map((line) => taken.slice(0, 24).filter((one) => one === line).length);
    expect(Math.min(...early)).toBeGreaterThanOrEqual(6);
  });

  it('of a line that had none when it was looked at, while another one has many', async () => {
    await linesOf('many', 'none');
    for (let key = 0; key < 60; key++) await put('many', key);
    const { taken } = await agent(['none', 'many'], () => sleep(20));
    await vi.waitFor(() => expect(taken.length).toBeGreaterThan(5), 10_000);
    await put('none', 0);
    await vi.waitFor(() => expect(taken).toContain('none'), 10_000);
    expect(taken.length).toBeLessThan(30);
  });

  it('each once where several agents come to the end of a line at once, and by nobody who has something to do', async () => {
    const lines = ['early', 'late'];
    await linesOf(...lines);
    for (let key = 0; key < 20; key++) for (const line of lines) await put(line, key);
    let isOver = false;
    const agents = await Promise.all(
      Array.from({ length: 6 }, () =>
        agent(lines, () => (isOver ? sleep(60_000, undefined, { ref: false }) : sleep(1))),
      ),
    );
    const done = (): number => agents.reduce((sum, { taken }) => sum + taken.length, 0);
    await vi.waitFor(() => expect(done()).toBe(40), 10_000);
    for (const line of lines) expect(await handedOut(line)).toBe(20);
    isOver = true;
    // Longer than a request without an answer is waited for.
    await sleep(1500);
    for (let key = 20; key < 26; key++) await put('early', key);
    await vi.waitFor(() => expect(done()).toBe(46), 10_000);
    await sleep(200);
    await put('late', 26);
    await sleep(200);
    expect(await handedOut('late')).toBe(20);
    expect(agents.flatMap(({ given }) => given)).toEqual([]);
  });

  it('by those that have room, whatever others had asked for before they had none', async () => {
    await linesOf('long', 'short');
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const counts: number[] = [];
    const work = async (delivery: Delivery): Promise<unknown> => {
      if (delivery.classId === 'long') return released;
      return counts.push(delivery.count);
    };
    const agents = await Promise.all(Array.from({ length: 14 }, () => agent(['long', 'short'], work)));
    const takenOf = (line: string): number => agents.flatMap(({ taken }) => taken).filter((one) => one === line).length;
    // All wait for either line when thirteen get something to do.
    await sleep(500);
    for (let key = 0; key < 13; key++) await put('long', key);
    await vi.waitFor(() => expect(takenOf('long')).toBe(13), 10_000);
    await sleep(200);
    for (let key = 0; key < 20; key++) await put('short', key);
    await vi.waitFor(() => expect(takenOf('short')).toBe(20), 10_000);
    expect(counts).toEqual(Array.from({ length: 20 }, () => 1));
    release();
  });
});
