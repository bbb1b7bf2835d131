import { describe, expect, it } from 'vitest';
import { deployFormat, deployOptions, formatChoices } from '../../../src/renderer/sweep/deploy-edits';

const runtimes = [
  { id: 'ort', format: 'onnx' },
  { id: 'lite', format: 'small' },
];
const formats = ['small', 'tiny'].map((id) => ({ id, optionsSchema: {}, hasEstimate: false }));
const choices = (runtime: string, deploy?: Parameters<typeof deployFormat>[0]) =>
  formatChoices({ targets: [{ runtime, threads: 1 }], deploy }, runtimes, formats);

describe('formats to write', () => {
  it('are those that are known and those that a file asks for', () => {
    expect(choices('ort', { odd: { input: 'uint8' } })).toMatchObject([
      { id: 'small', isNeeded: false, isWritten: false, options: {} },
      { id: 'tiny', isNeeded: false, isWritten: false },
      { id: 'odd', info: undefined, isNeeded: false, isWritten: true, options: { input: 'uint8' } },
    ]);
  });

  it('are written anyway where a target runs them', () => {
    expect(choices('lite')[0]).toMatchObject({ isNeeded: true, isWritten: true });
    expect(choices('nonesuch').some(({ isWritten }) => isWritten)).toBe(false);
  });

  it('are said and taken back, with nothing left behind', () => {
    const both = deployFormat(deployFormat(undefined, 'small', true), 'tiny', true);
    expect(both).toEqual({ small: {}, tiny: {} });
    expect(deployFormat(both, 'tiny', false)).toEqual({ small: {} });
    expect(deployFormat({ small: {} }, 'small', false)).toBeUndefined();
    expect(deployFormat({ small: { input: 'uint8' } }, 'small', true)).toEqual({ small: { input: 'uint8' } });
  });

  it('have options that are said, and none where defaults do', () => {
    const [needed] = choices('lite');
    expect(deployOptions(undefined, needed!, { input: 'uint8' })).toEqual({ small: { input: 'uint8' } });
    expect(deployOptions({ small: { input: 'uint8' } }, needed!, {})).toBeUndefined();
    const [asked] = choices('ort', { small: { input: 'uint8' } });
    expect(deployOptions({ small: { input: 'uint8' } }, asked!, {})).toEqual({ small: {} });
  });
});
