import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { parseRecipe } from '@shared/recipe-syntax';
import { findTechnique, techniques } from '../../../src/main/engine/techniques/registry';
import { differences, outputFingerprint, type OutputFingerprint } from './output-fingerprint';
import { applyTo, quickSteps, wholeNetwork, type QuickStep, type Stage } from './whole-network';

/** What every technique writes for a fixed network and images, with the version that wrote it. */
const path = new URL('output-by-version.json', import.meta.url);
const command = 'UPDATE_OUTPUTS=1 npx vitest run --project engine test/engine/techniques/output-by-version.test.ts';
const isUpdate = process.env['UPDATE_OUTPUTS'] === '1';

interface Stored extends OutputFingerprint {
  version: number;
}
const stored = (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}) as Record<string, Stored>;

/** Techniques that mend what another did are looked at after it. Seven bits, because sums of eight saturate on some processors. */
const before: Record<string, string> = {
  correctBias: 'quantize.static{weights:tensor, reduceRange:true}',
  recalibrate: 'prune.magnitude{amount:0.6}',
  finetune: 'prune.magnitude{amount:0.6}',
};

/**
 * With 4 bits and few images, second-order rounding passes the difference of one code on to all that follow; it is looked at with the tables of
 * cluster.weights, whose result two millionths of the weights do not change. So few images allow no
 * exit unless multiply-accumulates are asked for; with a tenth of these every image leaves at the first.
 */
const steadier: Record<string, Record<string, unknown>> = {
  'quantize.weights': { rounding: 'nearest' },
  'exit.early': { macs: 0.1 },
};

test.each(
  quickSteps.map(
    (step) => [step.technique, { ...step, params: { ...step.params, ...steadier[step.technique] } }] as const,
  ),
)('%s writes what its version wrote', async (id, step) => {
  const network = wholeNetwork();
  let stage: Stage = { graph: network, reference: network };
  for (const earlier of parseRecipe(before[id] ?? '') as QuickStep[]) stage = await applyTo(stage, earlier);
  const found = await outputFingerprint((await applyTo(stage, step)).graph);
  const { version } = findTechnique(id);
  const known = stored[id];
  const changes = known ? differences(found, known) : [];
  if (isUpdate && (!known || known.version !== version)) {
    stored[id] = { version, ...found };
    return;
  }
  const advice =
    known?.version === version
      ? `${id} writes something else than version ${version} did: raise its version, then ${command}`
      : `version ${version} of ${id} is not stored yet: ${command}`;
  expect({ version: known?.version, changes }, advice).toEqual({ version, changes: [] });
});

test('no output is stored of techniques that are gone', () => {
  expect(Object.keys(stored).filter((id) => !techniques.some((technique) => technique.id === id))).toEqual([]);
});

test('other weights are told apart, single codes are not', () => {
  const fingerprint = (rms: number, projection: number, bytes = 1000): OutputFingerprint => ({
    bytes,
    operators: { Conv: 1 },
    tensors: [['float32 8x8', rms, projection]],
  });
  const known = fingerprint(1, 0.3);
  expect(differences(fingerprint(1.001, 0.302, 1004), known)).toEqual([]);
  for (const changed of [
    fingerprint(1.02, 0.3),
    fingerprint(1, 0.4),
    fingerprint(1, 0.3, 1040),
    { ...known, operators: {} },
  ])
    expect(differences(changed, known)).toHaveLength(1);
});

afterAll(() => {
  const lines = Object.entries(stored).map(([id, output]) => `${JSON.stringify(id)}: ${JSON.stringify(output)}`);
  if (isUpdate) writeFileSync(path, `{\n${lines.join(',\n')}\n}\n`);
});
