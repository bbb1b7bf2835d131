import { describe, expect, it } from 'vitest';
import { snapshotPage } from '../../../src/main/engine/live/snapshot-page';
import { snapshotOf } from '../../../src/renderer/live/save-snapshot';
import { shownSize } from '../../../src/renderer/live/shown-picture';
import type { ShownSide } from '../../../src/renderer/live/shown-side';
import { liveSnapshotSchema, pictureNote } from '../../../src/shared/live/snapshot';

const side = (name: string, number: number | undefined, best = 0): ShownSide => ({
  info: {
    name,
    target: 'ort-cpu x1',
    sizeBytes: 1000,
    resize: 8,
    crop: [8, 8],
    classes: 2,
    classNames: ['heart <3', 'gear'],
    openMs: 5,
  },
  summary: { frames: 3, firstInferenceMs: 9, framesPerSecond: undefined, stages: undefined },
  dropped: 1,
  labelled: 0,
  right: 0,
  ...(number !== undefined && {
    frame: { number },
    answer: {
      top: [{ class: best, score: 0.75 }],
      notNumbers: 0,
      times: { capture: 0, preprocess: 1, inference: 2, post: 0 },
      isFirst: false,
    },
  }),
});
const dataUrl = 'data:image/png;base64,AAAA';
const snapped = {
  picture: {
    number: 7,
    dataUrl,
    pixels: [640, 480] as [number, number],
    framePixels: [4000, 3000] as [number, number],
  },
  source: 'Camera',
  label: undefined,
  agreement: { both: 4, agreeing: 3 },
  comparison: { classOf: [0, 1], note: 'By number.' },
};

describe('a snapshot', () => {
  it('holds the picture that shows, and only answers to that one', () => {
    const snapshot = snapshotOf({ ...snapped, shown: [side('a', 7), side('b', 6, 1)] });
    expect(snapshot?.sides.map(({ name, classNames }) => [name, classNames])).toEqual([['a', ['heart <3']]]);
    expect(snapshotOf({ ...snapped, shown: [side('a', 6), side('b', undefined)] })).toBeUndefined();
  });

  it('is a page that says how the picture and the answers came about', () => {
    const snapshot = liveSnapshotSchema.parse(
      JSON.parse(JSON.stringify(snapshotOf({ ...snapped, shown: [side('a', 7), side('b', 7, 1)] }))),
    );
    const page = snapshotPage(snapshot);
    expect(page).toContain(
      'The picture is 640 x 480 pixels, as the window showed it; the networks got the whole 4000 x 3000.',
    );
    expect(page).toContain('By number.');
    expect(page).toContain('Same first answer on 3 of the 4 frames');
    expect(page).toContain('heart &lt;3');
  });

  it('compares no networks that cannot be compared', () => {
    const comparison = { problem: 'These models cannot be compared: why.' };
    const snapshot = snapshotOf({ ...snapped, comparison, shown: [side('a', 7), side('b', 7)] })!;
    expect(snapshot.agreement).toBeUndefined();
    expect(snapshotPage(snapshot)).toContain('cannot be compared: why.');
  });
});

describe('pictureNote', () => {
  it.each([
    [[640, 480], [640, 480], undefined],
    [[640, 480], undefined, 'the networks got the file itself'],
    [[640, 480], [641, 480], 'the networks got the whole 641 x 480'],
  ] as const)('%s of %s', (picturePixels, framePixels, note) => {
    const said = pictureNote({ picturePixels: [...picturePixels], framePixels: framePixels && [...framePixels] });
    if (note === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(note);
  });
});

describe('shownSize', () => {
  it.each([
    ['fits the room by its width', [4000, 3000], [800, 900], [800, 600]],
    ['or by its height', [3000, 4000], [800, 600], [450, 600]],
    ['never enlarges', [64, 48], [800, 600], [64, 48]],
    ['stays within what a page can hold', [8000, 2000], [9000, 9000], [2560, 640]],
    ['keeps a pixel of a sliver', [10_000, 1], [500, 500], [500, 1]],
  ] as const)('%s', (_what, [width, height], [roomWidth, roomHeight], expected) => {
    const size = shownSize({ width, height }, { width: roomWidth, height: roomHeight });
    expect([size.width, size.height]).toEqual(expected);
  });
});
