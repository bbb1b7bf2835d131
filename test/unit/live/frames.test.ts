import { describe, expect, it } from 'vitest';
import { liveFrameSchema } from '../../../src/shared/live/frame';
import { recordCsv } from '../../../src/shared/live/record';
import { cameraProblem } from '../../../src/renderer/live/moving-picture';

const isFrame = (frame: unknown): boolean => liveFrameSchema.safeParse(frame).success;

describe('a frame', () => {
  it('is pixels as many as it says, bytes, or a place', () => {
    const rgba = new Uint8Array(2 * 3 * 4);
    expect(isFrame({ kind: 'pixels', width: 2, height: 3, rgba })).toBe(true);
    expect(isFrame({ kind: 'pixels', width: 3, height: 3, rgba })).toBe(false);
    expect(isFrame({ kind: 'pixels', width: 2.5, height: 3, rgba })).toBe(false);
    expect(isFrame({ kind: 'pixels', width: 2, height: 3, rgba: [...rgba] })).toBe(false);
    expect(isFrame({ kind: 'pixels', width: 100_000, height: 100_000, rgba })).toBe(false);
    expect(isFrame({ kind: 'file', name: 'a.png', bytes: rgba })).toBe(true);
    expect(isFrame({ kind: 'file', name: 'a.png', bytes: rgba, path: '/etc/passwd' })).toBe(false);
    expect(isFrame({ kind: 'image', index: -1 })).toBe(false);
  });
});

describe('recordCsv', () => {
  it('has a line for each answer', () => {
    const times = { capture: 0.12345, preprocess: 1, inference: 2, post: 0 };
    const answer = { top: [{ class: 3, score: 0.5 }], notNumbers: 0, times, isFirst: true };
    const rows = [{ frame: 4, atMs: 12.34, side: 0, image: '=a,b.png', className: 'tench', answer, dropped: 1 }];
    const [head, line] = recordCsv({ sides: [{ name: 'net', target: 'ort-cpu x1' }], rows }).split('\r\n');
    expect(head).toBe(
      'frame,at ms,model,target,image,label,class,class name,score,capture ms,preprocess ms,inference ms,post ms,first inference,dropped so far',
    );
    expect(line).toBe(`4,12.3,net,ort-cpu x1,"'=a,b.png",,3,tench,0.5,0.123,1,2,0,true,1`);
  });
});

describe('cameraProblem', () => {
  it.each([
    ['NotFoundError', 'No camera was found'],
    ['NotAllowedError', 'may not be used'],
    ['NotReadableError', 'another program'],
    ['TypeError', 'could not be opened (odd)'],
  ])('%s says what to do', (name, sentence) => {
    expect(cameraProblem(Object.assign(new Error('odd'), { name }))).toContain(sentence);
  });

  it('tells one camera that is gone from none at all', () => {
    const gone = Object.assign(new Error('odd'), { name: 'OverconstrainedError' });
    expect(cameraProblem(gone, true)).toContain('The chosen camera is not there any more');
  });
});
