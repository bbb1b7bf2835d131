import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isOnBattery, livesOnBattery, type PowerSupply } from '../../../src/main/engine/machine/power-supply';

const supply = (type: string, facts: Partial<PowerSupply> = {}): PowerSupply => ({
  type,
  online: '',
  status: '',
  scope: '',
  ...facts,
});

describe('a machine', () => {
  it.each<[string, PowerSupply[], boolean]>([
    ['without supplies', [], false],
    ['on mains', [supply('Mains', { online: '1' })], false],
    ['on its battery', [supply('Mains', { online: '0' }), supply('Battery', { status: 'Discharging' })], true],
    ['that charges', [supply('Mains', { online: '1' }), supply('Battery', { status: 'Charging' })], false],
    [
      'that draws more than its charger gives',
      [supply('USB', { online: '1' }), supply('Battery', { status: 'Discharging' })],
      false,
    ],
    ['with a mouse', [supply('Battery', { status: 'Discharging', scope: 'Device' })], false],
    ['with two batteries', [supply('Battery', { status: 'Full' }), supply('Battery', { status: 'Discharging' })], true],
  ])('%s', (_what, supplies, expected) => {
    expect(livesOnBattery(supplies)).toBe(expected);
  });

  it('is read from the files of Linux, of which some may be missing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'whittle-power-'));
    try {
      expect(await isOnBattery(join(folder, 'none'))).toBe(false);
      mkdirSync(join(folder, 'BAT0'));
      writeFileSync(join(folder, 'BAT0', 'type'), 'Battery\n');
      writeFileSync(join(folder, 'BAT0', 'status'), 'Discharging\n');
      expect(await isOnBattery(folder)).toBe(true);
      mkdirSync(join(folder, 'AC'));
      writeFileSync(join(folder, 'AC', 'type'), 'Mains\n');
      writeFileSync(join(folder, 'AC', 'online'), '1\n');
      expect(await isOnBattery(folder)).toBe(false);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
