import type { Target } from '@shared/sweep-file';
import { isSlow, type EnergySensor } from '../machine/energy-sensor';
import { findEnergySensors } from '../machine/find-energy-sensors';
import { findRuntime } from '../runtimes/registry';
import type { MeasureJob } from './job';

const onProcessor = ['cpu', 'wasm'];

/**
 * What tells the energy of a measurement: the fastest sensor that sees the devices of both sides. Slow ones take half a minute and more for
 * a pair: only who wants the most exact numbers waits for that. Undefined: nothing does.
 * @param root where sysfs is mounted
 */
export async function energySensorFor(
  { target, baselineTarget = target, mode }: Pick<MeasureJob, 'target' | 'baselineTarget' | 'mode'>,
  root?: string,
): Promise<EnergySensor | undefined> {
  const { sensors } = await findEnergySensors(root);
  const willing = sensors.filter((sensor) => mode === 'rigorous' || !isSlow(sensor));
  if (willing.every((sensor) => sensor.of === 'machine')) return willing[0];
  const isSeen = (await runsOnProcessor(target)) && (await runsOnProcessor(baselineTarget));
  return willing.find((sensor) => isSeen || sensor.of === 'machine');
}

async function runsOnProcessor({ runtime, device }: Target): Promise<boolean> {
  const id = device ?? (await findRuntime(runtime).devices())[0]?.id;
  return id !== undefined && onProcessor.includes(id);
}
