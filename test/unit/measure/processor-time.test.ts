import { describe, expect, it } from 'vitest';
import {
  otherProcessorShare,
  parseMachineTime,
  parseProcessTime,
  processorTimeBetween,
} from '../../../src/main/engine/measure/latency/processor-time';

// As a virtual machine with two processors wrote them.
const machine = `cpu  30713 0 10207 163914 1372 0 1146 25 0 0
cpu0 15368 0 5207 81914 702 0 560 12 0 0
cpu1 15345 0 5000 82000 670 0 586 13 0 0
intr 1234567 0 0
ctxt 9876543
btime 1795671000
processes 4321
`;
const own =
  '4242 (node (worker) 2) R 4200 4242 4242 0 -1 4194304 25034 0 12 0 143 21 7 5 20 0 11 0 98765 11234567890 17123 18446744073709551615';

describe('parseMachineTime', () => {
  it('counts what the hypervisor took as busy, waiting for a disk as idle', () => {
    expect(parseMachineTime(machine)).toEqual({
      machine: 30713 + 10207 + 163914 + 1372 + 1146 + 25,
      busy: 30713 + 10207 + 1146 + 25,
    });
  });

  it('does not count guests twice', () => {
    expect(parseMachineTime('cpu  100 0 0 50 0 0 0 0 40 0\n')).toEqual({ machine: 150, busy: 100 });
  });

  it('reads the four columns of old kernels', () => {
    expect(parseMachineTime('cpu  10 1 2 30\n')).toEqual({ machine: 43, busy: 13 });
  });

  it.each(['', 'cpu\n', 'cpu0 1 2 3 4\n', 'processor : 0\n'])('is undefined for %j', (text) => {
    expect(parseMachineTime(text)).toBeUndefined();
  });
});

describe('parseProcessTime', () => {
  it('finds its fields behind a name with spaces and parentheses, and leaves children out', () => {
    expect(parseProcessTime(own)).toBe(143 + 21);
  });

  it.each(['', '12 (sh) R 1 2', 'none'])('is undefined for %j', (text) => {
    expect(parseProcessTime(text)).toBeUndefined();
  });
});

describe('otherProcessorShare', () => {
  const at = (time: number, busy: number, process: number) => ({ machine: time, busy, own: process });

  it('is what is busy and not ours, over all spans', () => {
    const first = processorTimeBetween(at(1000, 300, 10), at(1100, 360, 60));
    const second = processorTimeBetween(at(2000, 900, 5), at(2300, 1080, 155));
    expect(first).toEqual(at(100, 60, 50));
    expect(otherProcessorShare([first, second])).toBeCloseTo((10 + 30) / 400, 12);
  });

  it('stays within 0 and 1 although the two clocks tick apart', () => {
    expect(otherProcessorShare([at(100, 50, 51)])).toBe(0);
  });

  it.each([
    { name: 'no spans', spans: [] },
    { name: 'an unknown span', spans: [at(100, 50, 50), undefined] },
    { name: 'no time', spans: [at(0, 0, 0)] },
  ])('is undefined for $name', ({ spans }) => {
    expect(otherProcessorShare(spans)).toBeUndefined();
    expect(processorTimeBetween(undefined, at(1, 1, 1))).toBeUndefined();
  });
});
