import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeColourPictures } from '../../fixtures/colour-pictures';
import { saveSmallClassifier, smallCard } from '../measure/small-classifier';
import { whittle } from './whittle';

const project = resolve(import.meta.dirname, '../../..');
const starter = join(project, 'resources', 'starter');
const models = ['--zoo', join(starter, 'models')];
const heart = join(starter, 'dataset', 'eval', 'eval-268.jpg');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'whittle-cli-live-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The command, with standard input to write to. */
function started(words: readonly string[]) {
  const child = spawn(process.execPath, [join(project, 'out', 'main', 'cli.js'), ...words], {
    env: { ...process.env, WHITTLE_HOME: join(folder, 'home') },
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString('utf8')));
  // It may end before it has read all.
  child.stdin.on('error', () => undefined);
  return { child, said };
}

/** The command with these bytes on standard input. */
async function fed(
  input: Uint8Array,
  ...words: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { child, said } = started(words);
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}
const rowsOf = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as {
          frame: number;
          side: number;
          className?: string;
          summary?: {
            sides: { target: string; frames: number; labelled: number; right: number }[];
            agreement?: { both: number };
            comparison?: string;
          };
        },
    );

describe('whittle live', () => {
  it('walks through a folder with one model in two runtimes, line by line, and writes them down', async () => {
    const csv = join(folder, 'live.csv');
    const source = ['--source', join(starter, 'dataset'), '--frames', '5', '--csv', csv];
    const { code, stdout, stderr } = await whittle(
      folder,
      ...['live', 'mobilenetv2-starter', '--runtime', 'ort-cpu,ort-web', '--json', ...source, ...models],
    );
    expect([code, stderr]).toEqual([0, expect.stringContaining('loaded in')]);
    const rows = rowsOf(stdout);
    expect(rows.slice(0, -1).map(({ frame, side }) => [frame, side])).toEqual(
      [0, 1, 2, 3, 4].flatMap((frame) => [
        [frame, 0],
        [frame, 1],
      ]),
    );
    const { sides, agreement } = rows.at(-1)!.summary!;
    expect(sides.map(({ target, frames }) => [target, frames])).toEqual([
      ['ort-cpu x1', 5],
      ['ort-web x1', 5],
    ]);
    expect(agreement).toEqual({ both: 5, agreeing: 5 });
    expect(readFileSync(csv, 'utf8').trim().split('\r\n').length).toBe(11);
  });

  it('takes JPEG pictures and raw frames from standard input', async () => {
    const words = ['live', 'resnet-starter', '--source', '-', '--every-frame', '--json', ...models];
    const picture = await sharp(heart).jpeg().toBuffer();
    const stream = await fed(Buffer.concat([picture, picture, picture]), ...words);
    expect(stream.code, stream.stderr).toBe(0);
    expect(rowsOf(stream.stdout).map(({ className }) => className)).toEqual(['heart', 'heart', 'heart', undefined]);

    const { data, info } = await sharp(heart).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const raw = await fed(data, ...words, '--raw', `${info.width}x${info.height}`);
    expect(raw.code, raw.stderr).toBe(0);
    expect(rowsOf(raw.stdout)[0]).toMatchObject({ className: 'heart' });
  });

  it('compares by the names of classes, and says where networks cannot be compared', async () => {
    const weights = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [0, 0, 0],
    ];
    const save = async (name: string, order: readonly number[], labelNames?: string[]): Promise<string> => {
      const path = await saveSmallClassifier(join(folder, `${name}.onnx`), {
        weights: order.map((row) => weights[row]!),
      });
      const card = { ...smallCard(order.length), name, labelNames };
      writeFileSync(join(folder, `${name}.card.json`), JSON.stringify(card));
      return path;
    };
    await writeColourPictures(join(folder, 'colours'), ['red', 'green', 'blue']);
    const first = await save('first', [0, 1, 2], ['red', 'green', 'blue']);
    const turned = await save('turned', [3, 2, 0, 1], ['none', 'blue', 'red', 'green']);
    const unnamed = await save('unnamed', [3, 0, 1, 2]);
    const words = ['--source', join(folder, 'colours'), '--json', ...models];
    const compared = await whittle(folder, 'live', first, turned, ...words);
    expect(compared.code, compared.stderr).toBe(0);
    const rows = rowsOf(compared.stdout);
    expect(rows.at(-1)!.summary).toMatchObject({
      agreement: { both: 12, agreeing: 12 },
      comparison: expect.stringContaining('3 classes have the same name in both') as string,
      // Both know the right answer, each by its own number.
      sides: [
        { labelled: 12, right: 12 },
        { labelled: 12, right: 12 },
      ],
    });
    const refused = await whittle(folder, 'live', first, unnamed, ...words);
    const { agreement, comparison, sides } = rowsOf(refused.stdout).at(-1)!.summary!;
    expect(agreement).toBeUndefined();
    expect(comparison).toContain('cannot be compared: they have 3 and 4 classes');
    expect(sides.map(({ labelled }) => labelled)).toEqual([12, 0]);
  });

  it('has written and summed up what was answered when the stream breaks', async () => {
    const csv = join(folder, 'broken.csv');
    const picture = await sharp(heart).jpeg().toBuffer();
    const words = ['live', 'resnet-starter', '--source', '-', '--every-frame', '--csv', csv, ...models];
    const { code, stdout, stderr } = await fed(Buffer.concat([picture, picture, Buffer.from('odd')]), ...words);
    expect(code).not.toBe(0);
    expect(stderr).toContain('there is no JPEG picture');
    expect(stdout).toMatch(/resnet-starter +ort-cpu x1 +2 /);
    expect(readFileSync(csv, 'utf8').trim().split('\r\n').length).toBe(3);
  });

  it.skipIf(process.platform === 'win32')('has written what was answered when a side ends', async () => {
    const csv = join(folder, 'ended.csv');
    const words = ['live', 'resnet-starter', '--source', '-', '--every-frame', '--csv', csv, ...models];
    const picture = await sharp(heart).jpeg().toBuffer();
    const { child, said } = started(words);
    child.stdin.write(picture);
    await expect.poll(() => said.stdout, { timeout: 60_000 }).toContain('heart');
    const rows = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' }).split('\n');
    const side = rows.find((row) => row.includes('live-worker.js') && row.trim().split(/\s+/)[1] === String(child.pid));
    process.kill(Number(side!.trim().split(/\s+/)[0]), 'SIGKILL');
    child.stdin.end(picture);
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).not.toBe(0);
    expect(said.stderr).toContain('ended unexpectedly');
    expect(said.stdout).toMatch(/resnet-starter +ort-cpu x1 +1 /);
    expect(readFileSync(csv, 'utf8').trim().split('\r\n').length).toBe(2);
  });

  it('says at once where it cannot write', async () => {
    const source = ['--source', join(starter, 'dataset'), '--csv', join(folder, 'no', 'such.csv')];
    const { code, stdout, stderr } = await whittle(folder, 'live', 'resnet-starter', ...source, ...models);
    expect([code, stdout]).toEqual([expect.any(Number), '']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('the folder does not exist');
  });

  it.each([
    ['no source', [], '--source is missing'],
    ['a video', ['--source', 'VIDEO'], 'a video comes through standard input: "ffmpeg -i'],
    ['nothing there', ['--source', 'nowhere'], 'there is no "nowhere"'],
    ['odd threads', ['--source', '-', '--threads', '0'], '--threads takes whole numbers'],
    ['odd raw frames', ['--source', '-', '--raw', '640'], '--raw takes WIDTHxHEIGHT'],
    ['three runtimes', ['--source', '-', '--runtime', 'a,b,c'], '--runtime takes one value, or two'],
  ])('says what is wrong with %s', async (_what, words, sentence) => {
    const video = join(folder, 'clip.mp4');
    writeFileSync(video, 'x');
    const given = words.map((word) => (word === 'VIDEO' ? video : word));
    const { code, stderr } = await whittle(folder, 'live', 'resnet-starter', ...given, ...models);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
  });

  it('says what is wrong with a stream', async () => {
    const { code, stderr } = await fed(Buffer.from('odd'), 'live', 'resnet-starter', '--source', '-', ...models);
    expect(code).not.toBe(0);
    expect(stderr).toContain('there is no JPEG picture');
  });
});
