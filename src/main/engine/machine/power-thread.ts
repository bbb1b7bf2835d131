import { readFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { PowerLook, PowerOrder } from './power-integral';

/** Entry of the thread that looks at a power as often as it is updated. */
const { path, unit, everyMs, port } = workerData as PowerOrder;

function look(): void {
  const text = readFileSync(path, 'latin1').trim();
  // Some gauges write what flows out of a battery as a negative number.
  const watts = text === '' ? NaN : Math.abs(Number(text)) * unit;
  port.postMessage({ atMs: performance.timeOrigin + performance.now(), watts } satisfies PowerLook);
}

look();
setInterval(look, everyMs);
