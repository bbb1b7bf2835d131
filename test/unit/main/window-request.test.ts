import { describe, expect, it } from 'vitest';
import { engineContract, mainEngineContract, openEngineContract } from '../../../src/shared/contract';
import { shellContract } from '../../../src/shared/shell-contract';
import type { AppError } from '../../../src/shared/errors';
import { windowRequest } from '../../../src/main/window-request';

const errorOf = (name: string, input: unknown): AppError => {
  try {
    windowRequest(name, input);
  } catch (thrown) {
    return thrown as AppError;
  }
  throw new Error(`${name} was let through`);
};

const trial = { run: 'r', trial: 't' };
const sweep = { models: ['net'], dataset: { path: '/images' }, recipes: { baseline: [] } };
const times = { capture: 0, preprocess: 1, inference: 2, post: 0 };
const answer = { top: [{ class: 1, score: 0.5 }], notNumbers: 0, times, isFirst: false };
const side = {
  name: 'net',
  target: 'ort-cpu x1',
  sizeBytes: 1,
  openMs: 1,
  answer,
  classNames: ['a'],
  frames: 1,
  dropped: 0,
};
const picture = 'data:image/png;base64,AAAA';
const shown = { source: 'Camera', picture, picturePixels: [1, 1] };
const snapshot = { takenAt: '2026-01-01T00:00:00.000Z', ...shown, sides: [side] };
/** Input that the engine itself would take. */
const forMainAlone: Record<keyof typeof mainEngineContract, unknown> = {
  'runs.export': { run: 'r', format: 'csv', path: '/etc/cron.d/x' },
  'sweeps.save': { sweep, path: '/etc/cron.d/x' },
  'runs.html': { run: 'r' },
  'live.saveSnapshot': { snapshot, path: '/home/ada/.bashrc' },
  'live.saveRecord': { record: { sides: [{ name: 'net', target: 'ort-cpu x1' }], rows: [] }, path: '/etc/x' },
  'runs.saveArtifact': { ...trial, path: '/home/ada/.bashrc' },
  'trials.handOver': { ...trial, parent: '/etc' },
  'results.runs': { folder: '/home/ada' },
  'results.compare': { folder: '/home/ada', reference: 'r', candidate: 's' },
};

describe('a request of the window', () => {
  it.each(Object.entries(forMainAlone))('%s is refused, however valid', (name, input) => {
    expect(engineContract[name as keyof typeof forMainAlone].input.safeParse(input).success).toBe(true);
    const error = errorOf(name, input);
    expect(error.code).toBe('ipc.invalid');
    expect(error.message).toBe(
      `The request ${name} is not valid: it is not for the window: only a dialog may choose where a file goes.`,
    );
  });

  it.each(['no.such.endpoint', 'toString', '__proto__', 'run.progress', 'shell.engine', ''])(
    '%j is refused',
    (name) => {
      expect(errorOf(name, {}).message).toContain('no such endpoint');
    },
  );

  it('goes to the shell or to the engine, with defaults filled in', () => {
    expect(windowRequest('shell.reveal', trial)).toEqual({ to: 'shell', name: 'shell.reveal', input: trial });
    const { to, input } = windowRequest('datasets.inspect', { path: '/data' });
    expect(to).toBe('engine');
    expect(input).toMatchObject({ path: '/data', calibration: 256 });
  });

  it('cannot bring a path to a dialog that a person answers', () => {
    const wanted = { run: 'r', format: 'csv', suggestedName: 'x.csv' };
    expect(windowRequest('shell.exportRun', wanted).input).toEqual(wanted);
    expect(errorOf('shell.exportRun', { ...wanted, path: '/etc/passwd' }).message).toContain('path');
    expect(errorOf('shell.saveArtifact', { ...trial, suggestedName: 'x', path: '/x' }).message).toContain('path');
  });
});

it('no endpoint is in two contracts, and the engine serves those of both', () => {
  const names = [openEngineContract, mainEngineContract, shellContract].flatMap((contract) => Object.keys(contract));
  expect(new Set(names).size).toBe(names.length);
  expect(Object.keys(engineContract).sort()).toEqual(
    [...Object.keys(openEngineContract), ...Object.keys(mainEngineContract)].sort(),
  );
});
