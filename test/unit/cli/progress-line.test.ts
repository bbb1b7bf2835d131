import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ProgressLine, progressText } from '../../../src/cli/progress-line';

const progress = { stage: 'm/int8: evaluating', done: 12, total: 84, elapsedMs: 80_000 };

describe('progressText', () => {
  it.each([
    [progress, '12/84  14 %  m/int8: evaluating  1 min 20 s'],
    [{ ...progress, stepFraction: 0.439 }, '12/84  14 %  m/int8: evaluating 43 %  1 min 20 s'],
    [{ ...progress, stepFraction: 0.9 }, '12/84  15 %  m/int8: evaluating 90 %  1 min 20 s'],
    [{ ...progress, remainingMs: 480_000 }, '12/84  14 %  m/int8: evaluating  1 min 20 s, about 8 min 0 s left'],
    [{ ...progress, done: 84, remainingMs: 0 }, '84/84  100 %  m/int8: evaluating  1 min 20 s'],
    [{ ...progress, done: 84, stepFraction: 1 }, '84/84  100 %  m/int8: evaluating 100 %  1 min 20 s'],
    [{ ...progress, done: 0, total: 0 }, '0/0  0 %  m/int8: evaluating  1 min 20 s'],
  ])('%j', (given, text) => expect(progressText(given)).toBe(text));
});

/** A stream that keeps what is written, as a terminal of some width or as a file. */
function stream(terminal?: { columns: number }): NodeJS.WriteStream & { written: string } {
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      kept.written += chunk.toString();
      done();
    },
  });
  const kept = Object.assign(sink, { written: '', isTTY: terminal !== undefined, columns: terminal?.columns });
  return kept as unknown as NodeJS.WriteStream & { written: string };
}

describe('ProgressLine', () => {
  it('keeps one line up to date on a terminal and leaves it clean', () => {
    const terminal = stream({ columns: 40 });
    const line = new ProgressLine(terminal, () => 0);
    line.update(progress);
    line.update({ ...progress, done: 13 });
    const [, first, second] = terminal.written.split('\r\x1b[2K');
    expect(first).toBe('12/84  14 %  m/int8: evaluating  1 min…');
    expect(first!.length).toBe(39);
    expect(second).toMatch(/^13\/84/);
    line.clear();
    line.clear();
    expect(terminal.written.endsWith('\r\x1b[2K')).toBe(true);
    expect(terminal.written.split('\r\x1b[2K')).toHaveLength(4);
    expect(terminal.written).not.toContain('\n');
  });

  it('never cuts off what a key does', () => {
    const terminal = stream({ columns: 60 });
    const line = new ProgressLine(terminal, () => 0);
    line.update({ ...progress, hint: 'Ctrl-C: keep the best' });
    const [, shown] = terminal.written.split('\r\x1b[2K');
    expect(shown).toBe('12/84  14 %  m/int8: evaluating  …  (Ctrl-C: keep the best)');
    expect(shown!.length).toBeLessThan(60);
  });

  it('writes a plain line every five seconds elsewhere, none for what is over at once', () => {
    let now = 1_000_000;
    const file = stream();
    const line = new ProgressLine(file, () => now);
    line.update(progress);
    now += 4999;
    line.update(progress);
    expect(file.written).toBe('');
    now += 1;
    line.update({ ...progress, done: 20 });
    line.update({ ...progress, done: 21 });
    now += 5000;
    line.update({ ...progress, done: 22 });
    line.clear();
    expect(file.written.split('\n').map((text) => text.slice(0, 5))).toEqual(['20/84', '22/84', '']);
    expect(file.written).not.toContain('\x1b');
  });
});
