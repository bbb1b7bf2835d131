import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunView } from '@shared/run';
import { readRunFile } from '../../../src/main/engine/report/read-run-file';
import { renderReport } from '../../../src/main/engine/report/render-report';
import { largeRun } from './large-run';

const folder = mkdtempSync(join(tmpdir(), 'whittle-run-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Two networks tell as much as ten. */
const large: RunView = ((run) => {
  const models = run.models.slice(0, 2);
  const trials = run.trials.filter(({ model }) => models.includes(model));
  return {
    ...run,
    models,
    trials,
    trialsDone: trials.length,
    trialsFailed: 0,
    trialsTotal: trials.length,
    manifest: { ...run.manifest, models: run.manifest.models.slice(0, 2) },
  };
})(largeRun());
large.trials[1]!.steps = [
  { kind: 'compress', title: 'fp16', status: 'done', key: 'k', cached: false, elapsedMs: 12 },
  { kind: 'measure', title: 'ort-cpu x1', status: 'waiting', key: 'l', cached: true },
];
large.trials[1]!.artifact = { sha256: 'ab', path: '/elsewhere/a.onnx', sizeBytes: 12 };

const written = (content: string): string => {
  const path = join(folder, 'run.json');
  writeFileSync(path, content);
  return path;
};
const json = (): Record<string, unknown> => JSON.parse(renderReport(large, 'json')) as Record<string, unknown>;

describe('a run from its JSON report', () => {
  it.each([
    ['compared with its baselines', large],
    ['compared with a recipe', { ...large, against: 'fp16-1' }],
  ])('is the view it was made from, %s', async (_, run) => {
    expect(await readRunFile(written(renderReport(run, 'json')))).toEqual(run);
  });

  it('makes the same reports again, to the byte', async () => {
    const read = await readRunFile(written(renderReport(large, 'json')));
    expect(JSON.parse(renderReport(read, 'json'))).toEqual(json());
    for (const format of ['csv', 'matrix-csv', 'long-csv', 'md', 'html'] as const)
      expect(renderReport(read, format)).toBe(renderReport(large, format));
  });

  it('is shown also where an earlier version left out what follows from the rest', async () => {
    const { models: _m, recipes: _r, trialsDone: _d, trialsTotal: _t, trialsFailed: _f, ...rest } = json();
    const trials = (rest.trials as Record<string, unknown>[]).map(
      ({ id: _id, isBaseline: _b, journal: _j, artifactBytes: _a, ...trial }) => trial,
    );
    const read = await readRunFile(written(JSON.stringify({ ...rest, trials })));
    expect(read).toMatchObject({ models: large.models, recipes: large.recipes, trialsTotal: large.trials.length });
    expect(read.trials.map(({ id, isBaseline }) => [id, isBaseline])).toEqual(
      large.trials.map(({ id, isBaseline }) => [id, isBaseline]),
    );
  });

  it('keeps what a version to come says of an error', async () => {
    const file = json();
    const trials = file.trials as Record<string, unknown>[];
    trials[0]!.error = { code: 'toString', facts: {}, message: 'the sky fell' };
    const { trials: read } = await readRunFile(written(JSON.stringify(file)));
    expect(renderReport({ ...large, trials: read }, 'md')).toContain('The trial failed: the sky fell');
  });

  /** With other things said of the first trial. */
  const changed = (change: object): string => {
    const file = json();
    Object.assign((file.trials as object[])[0]!, change);
    return JSON.stringify(file);
  };
  it.each<[string, string, RegExp]>([
    ['cut short', renderReport(large, 'json').slice(0, 5000), /it is not JSON, or cut short/],
    ['another JSON', '{"name":"x"}', /"run": /],
    ['a list', '[]', /expected record/],
    ['a text for a number', changed({ metrics: { latency: 'fast' } }), /"trials\.0\.metrics\.latency"/],
    [
      'a number beyond all',
      changed({ metrics: { latency: [], top1: '1e999' } }).replace('"1e999"', '1e999'),
      /"trials\.0\.metrics\.top1"/,
    ],
    ['a trial of no network', changed({ model: 'stray' }), /"mobilenetv2\/baseline" is of no network/],
    [
      'an address that is none',
      changed({ published: [{ top1Drop: 1, source: { title: 't', url: 'javascript:alert(1)' }, differs: '' }] }),
      /"trials\.0\.published\.0\.source\.url"/,
    ],
    ['too many trials', JSON.stringify({ run: 'x', trials: Array.from({ length: 10_001 }, () => ({})) }), /"trials": /],
  ])('is refused: %s', async (_, content, expected) => {
    const refusal = readRunFile(written(content));
    await expect(refusal).rejects.toMatchObject({ code: 'results.file-invalid' });
    await expect(refusal).rejects.toThrow(expected);
  });

  it('is refused before it is read when it is too large, and when it is not there', async () => {
    const path = written('{}');
    truncateSync(path, 65e6);
    await expect(readRunFile(path)).rejects.toThrow('it has 65000000 bytes, and at most 64000000 are read');
    await expect(readRunFile(join(folder, 'none.json'))).rejects.toThrow('it cannot be read (ENOENT)');
  });
});
