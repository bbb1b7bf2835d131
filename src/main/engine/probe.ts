import { probeAnswer } from './runtimes/probe-in-child';
import { findRuntime } from './runtimes/registry';

/** Entry of the process that looks for devices of one runtime: its argument. Drivers may keep threads, so it ends by itself. */
const answer = await probeAnswer(async () => findRuntime(process.argv[2] ?? '').probe?.() ?? []);
process.stdout.write(`\n${JSON.stringify(answer)}\n`, () => process.exit(0));
