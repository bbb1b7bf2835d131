import { describe, expect, it } from 'vitest';
import { absent } from '@shared/format';
import { errorText, layerRows, sortLayers } from '../../../src/renderer/trial/layer-columns';
import { layer, report } from '../layers';

const rows = layerRows(
  report([
    { name: 'stem', before: layer({ macs: 4000 }), after: layer({ macs: 1000 }), error: 1e-3 },
    { name: 'middle', before: layer({ macs: 8000 }), error: undefined },
    { name: 'last', before: layer({ macs: 2000 }), after: layer({ macs: 2000, op: 'QLinearConv' }), error: 0.5 },
    { name: 'extra', after: layer({ macs: 500 }) },
  ]),
);
const cell = (name: string) => rows.find((row) => row.name === name)!.cells;

describe('the rows of the layer table', () => {
  it('write before and after where they differ, and one value where they do not', () => {
    expect(cell('stem').macs).toMatchObject({ before: '4,000', after: '1,000' });
    expect(cell('last').macs.before).toBeUndefined();
    expect(cell('last').channels).toMatchObject({ after: '16 × 32' });
  });
  it('say which layers are gone or new, and which operator became which', () => {
    expect(rows.map(({ state }) => state)).toEqual(['kept', 'removed', 'kept', 'new']);
    expect(rows.map(({ operator }) => operator)).toEqual(['Conv', 'Conv', 'Conv → QLinearConv', 'Conv']);
    expect(cell('middle').macs).toMatchObject({ before: '8,000', after: undefined, afterLength: 0 });
  });
  it('have bars relative to the largest of the column, before or after', () => {
    expect(cell('middle').macs.beforeLength).toBe(1);
    expect(cell('stem').macs).toMatchObject({ beforeLength: 0.5, afterLength: 0.125 });
  });
  it('have bars of errors by orders of magnitude', () => {
    expect(cell('stem').error.afterLength).toBeCloseTo(0.5, 6);
    expect(cell('middle').error).toMatchObject({ after: absent, afterLength: 0 });
  });
});

describe('sorting', () => {
  const names = (descending?: boolean): string[] =>
    sortLayers(rows, descending === undefined ? undefined : { column: 'macs', descending }).map(({ name }) => name);
  it('is by what a layer has now, then by what it had', () => {
    expect(names(true)).toEqual(['last', 'stem', 'extra', 'middle']);
    expect(names(false)).toEqual(['middle', 'extra', 'stem', 'last']);
  });
  it('without a column keeps the order of the network', () => {
    expect(names()).toEqual(['stem', 'middle', 'last', 'extra']);
  });
});

it.each([
  [0, '0'],
  [0.1234, '0.12'],
  [0.001, '0.0010'],
  [0.00012345, '1.2e-4'],
])('an error of %s is written %s', (error, text) => {
  expect(errorText(error)).toBe(text);
});
