import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

/** The command with these bytes on standard input. */
async function fed(
  input: Uint8Array,
  ...words: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [join(project, 'out', 'main', 'cli.js'), ...words], {
    env: { ...process.env, WHITTLE_HOME: join(folder, 'home') },
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString('utf8')));
  // It may end before it has read all.
  child.stdin.on('error', () => undefined);
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
          summary?: { sides: { target: string; frames: number; right: number }[]; agreement: { both: number } };
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
