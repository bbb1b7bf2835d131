/**
 * Where the noise of a latency ratio comes from: a network against itself, in many pairs of sessions with many rounds each. How far
 * rounds of one pair spread, how far pairs differ for as long as they live, and whether neighbouring rounds are alike (lag-1
 * autocorrelation), with the width of an interval that the design of quick mode would have.
 * Usage: latency-noise [pairs=20] [rounds=40] [--busy] [--zoo] [--threads N]
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { builtFile } from '../src/main/engine/files/built-file';
import { runInWorker } from '../src/main/engine/jobs/worker-process';
import { median } from '../src/shared/statistics/percentile';
import { otherProcessorShare } from '../src/main/engine/measure/latency/processor-time';
import type { SessionPairTimes } from '../src/main/engine/measure/latency/session-pair';
import { startBusyLoop } from './busy-loop';
import { networksIn, starterNetworks } from './starter-networks';
import { varianceComponents } from './variance-components';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { busy: { type: 'boolean' }, zoo: { type: 'boolean' }, threads: { type: 'string' } },
});
const [pairs = 20, rounds = 40] = positionals.map(Number);
const threads = Number(values.threads ?? 1);
const shared = process.env.WHITTLE_SHARED ?? resolve('../shared');
const networks = values.zoo ? networksIn(join(shared, 'zoo')) : starterNetworks();
const events = { progress: () => undefined, note: () => undefined, log: (line: string) => console.error(line) };
const limits = { signal: new AbortController().signal, graceMs: 0 };
const percent = (share: number | undefined): string => (share === undefined ? '?' : `${(100 * share).toFixed(2)} %`);

const busy = values.busy ? startBusyLoop() : undefined;
try {
  for (const { name, path, card } of networks) {
    const times: SessionPairTimes[] = [];
    const start = performance.now();
    for (let index = 0; index < pairs; index++) {
      const [opensFirst, outerFirst] = [index % 2, (index >> 1) % 2].map((bit) => (bit ? 'candidate' : 'baseline'));
      const order = { opensFirst: opensFirst!, outerFirst: outerFirst!, rounds } as const;
      const files = { candidatePath: path, baselinePath: path, card };
      const target = { runtime: 'ort-cpu', threads };
      const job = { kind: 'session-pair', ...files, target, seed: index, order } as const;
      times.push(await runInWorker(builtFile('worker.js'), job, events, limits));
      console.error(`${name} ${index + 1}/${pairs}`);
    }
    // On the edge between few and many runs a round, some pairs take half the rounds.
    const length = Math.min(...times.map(({ roundRatios }) => roundRatios.length));
    const logs = times.map(({ roundRatios }) => Array.from(roundRatios.subarray(0, length), Math.log));
    const { within, between, autocorrelation } = varianceComponents(logs);
    const effects = times.map(({ roundRatios }) => Math.log(median(roundRatios)));
    const openedFirst = median(effects.map((effect, index) => (index % 2 ? effect : -effect)));
    console.log(
      [
        name.padEnd(20),
        `x${threads}${values.busy ? ', one core busy' : ''}`,
        `rounds SD ${percent(within)}`,
        `session pairs SD ${percent(between)}`,
        `lag-1 autocorrelation of rounds ${autocorrelation.toFixed(2)} (chance alone: +-${(2 / Math.sqrt(logs.flat().length)).toFixed(2)})`,
        `opened first ${percent(openedFirst)}`,
        `others' CPU ${percent(otherProcessorShare(times.map((pair) => pair.processorTime)))}`,
        `${((performance.now() - start) / 1000 / pairs).toFixed(2)} s a pair`,
      ].join('  '),
    );
  }
} finally {
  busy?.stop();
}
