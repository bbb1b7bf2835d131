import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { stepOf } from '../../../src/main/engine/machine/battery-energy';
import { EnergyMeter } from '../../../src/main/engine/machine/energy-meter';
import { isSlow } from '../../../src/main/engine/machine/energy-sensor';
import { findEnergySensors, stillTells } from '../../../src/main/engine/machine/find-energy-sensors';
import { PowerIntegral } from '../../../src/main/engine/machine/power-integral';
import { setAttribute, sysfsTrees, writeSysfs } from '../../fixtures/sysfs-energy';

let root = '';
afterEach(() => root && rmSync(root, { recursive: true, force: true }));
const written = (tree: keyof typeof sysfsTrees): string => (root = writeSysfs(sysfsTrees[tree]));

// Windows takes no colons in names of files.
describe.skipIf(process.platform === 'win32')('sensors of energy', () => {
  it.each<[keyof typeof sysfsTrees, string[], number]>([
    ['desktop', ['package-0'], 1],
    ['server', ['package-0', 'package-1', 'dram', 'dram'], 1],
    ['board', ['ina226 VDD_5V'], 36],
    ['countingBoard', ['ina228'], 35],
    ['laptop', ['battery BAT0'], 1000],
    ['chargeLaptop', ['battery BAT0'], 1000],
    ['powerLaptop', ['battery BAT0'], 1000],
  ])('of %s: %j', async (tree, domains, updateMs) => {
    const { sensors, problems } = await findEnergySensors(written(tree));
    expect(sensors).toHaveLength(1);
    expect(sensors[0]).toMatchObject({
      domains,
      updateMs,
      of: tree === 'desktop' || tree === 'server' ? 'processor' : 'machine',
    });
    expect(isSlow(sensors[0]!)).toBe(updateMs === 1000);
    expect(problems).toEqual([]);
  });

  it.each(['guest', 'pluggedLaptop', 'none'] as const)('there are none on %s', async (tree) => {
    expect(await findEnergySensors(written(tree))).toEqual({ sensors: [], problems: [] });
  });

  it('are taken from the board where no package counts', async () => {
    const board = Object.entries(sysfsTrees.desktop).filter(([path]) => path.includes('intel-rapl:1/'));
    root = writeSysfs(Object.fromEntries(board));
    expect((await findEnergySensors(root)).sensors.map(({ domains }) => domains)).toEqual([['psys']]);
  });

  it('of several rails are none, and what to do is said', async () => {
    const { sensors, problems } = await findEnergySensors(written('twoRails'));
    expect(sensors).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(/ina226 VDD_5V, ina226 VDD_CORE.*unbind/)]);
  });

  // Root may read everything.
  it.skipIf(process.getuid?.() === 0)('that only root may read are said with what to do', async () => {
    chmodSync(join(written('desktop'), 'class/powercap/intel-rapl:0/energy_uj'), 0);
    const { sensors, problems } = await findEnergySensors(root);
    expect(sensors).toEqual([]);
    expect(problems).toEqual([
      expect.stringMatching(/^The processor counts.*CVE-2020-8694.*sudo chmod a\+r .*energy_uj"[^.]*\.$/),
    ]);
  });

  it('tell no more once the charger is plugged in', async () => {
    const [sensor] = (await findEnergySensors(written('laptop'))).sensors;
    expect(await stillTells(sensor!, root)).toBe(true);
    setAttribute(root, 'class/power_supply/AC/online', 1);
    expect(await stillTells(sensor!, root)).toBe(false);
  });

  it.each([
    [[45_320_000, 50_450_000, 57_020_000], 10_000],
    [[45_321_000, 50_450_000, undefined], 1000],
    [[45_321_001], 1],
    [[0, undefined], 1],
    [[7_000_000_000], 1_000_000],
  ])('of batteries step by what divides all of %j: %d', (numbers, step) => expect(stepOf(numbers)).toBe(step));
});

describe.skipIf(process.platform === 'win32')('EnergyMeter', () => {
  const opened = async (tree: keyof typeof sysfsTrees): Promise<EnergyMeter> =>
    EnergyMeter.open((await findEnergySensors(written(tree))).sensors[0]!);

  it('adds packages and memory up, and goes on where a counter starts again', async () => {
    const meter = await opened('server');
    expect(meter.joules()).toBe(0);
    // 850 microjoules to the end of the first, and 1,500,000 from its beginning.
    setAttribute(root, 'class/powercap/intel-rapl:0/energy_uj', 1_500_000);
    setAttribute(root, 'class/powercap/intel-rapl:0:0/energy_uj', 5_250_000);
    setAttribute(root, 'class/powercap/intel-rapl:1:0/energy_uj', 6_000_001);
    expect(meter.joules()).toBeCloseTo(1.50085 + 0.25 + 0.000001, 9);
    setAttribute(root, 'class/powercap/intel-rapl:1/energy_uj', 4_000_000);
    expect(meter.joules()).toBeCloseTo(3.750851, 9);
    meter.close();
  });

  it('counts what leaves a battery: micro-watt-hours of 3.6 mJ', async () => {
    const meter = await opened('laptop');
    setAttribute(root, 'class/power_supply/BAT0/energy_now', 45_310_000);
    expect(meter.sensor.stepJoules).toBeCloseTo(36, 9);
    expect(meter.joules()).toBeCloseTo(36, 9);
    meter.close();
  });

  it('weighs the charge that flowed with the voltage, and nothing where only the voltage fell', async () => {
    const meter = await opened('chargeLaptop');
    expect(meter.sensor.stepJoules).toBeCloseTo(3.6 * 11.4, 6);
    setAttribute(root, 'class/power_supply/BAT0/voltage_now', 11_000_000);
    expect(meter.joules()).toBe(0);
    setAttribute(root, 'class/power_supply/BAT0/charge_now', 3_911_000);
    // 1 mAh is 3.6 coulombs.
    expect(meter.joules()).toBeCloseTo(3.6 * 11, 9);
    meter.close();
  });

  it('knows nothing where a file has nothing to say', async () => {
    const meter = await opened('desktop');
    setAttribute(root, 'class/powercap/intel-rapl:0/energy_uj', '');
    expect(meter.joules()).toBeNaN();
    meter.close();
  });
});

describe('PowerIntegral', () => {
  it('takes a look for the time before it, and for what came after the last', () => {
    const integral = new PowerIntegral(35);
    expect(integral.joulesAt(0)).toBeNaN();
    integral.add({ atMs: 1000, watts: 100 });
    integral.add({ atMs: 1100, watts: 4 });
    integral.add({ atMs: 1150, watts: 8 });
    expect(integral.joulesAt(1150)).toBeCloseTo(0.4 + 0.4, 12);
    expect(integral.joulesAt(1200)).toBeCloseTo(0.8 + 0.4, 12);
    expect(integral.joulesAt(1150 + 701)).toBeNaN();
  });
});
