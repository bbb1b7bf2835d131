import type { Command } from './arguments';
import { agent } from './commands/agent';
import { bench } from './commands/bench';
import { clean } from './commands/clean';
import { compare } from './commands/compare';
import { compress } from './commands/compress';
import { datasets } from './commands/datasets';
import { doctor } from './commands/doctor';
import { evaluate } from './commands/evaluate';
import { handover } from './commands/handover';
import { gate } from './commands/gate';
import { flips } from './commands/flips';
import { get } from './commands/get';
import { inspect } from './commands/inspect';
import { live } from './commands/live';
import { models } from './commands/models';
import { open } from './commands/open';
import { report } from './commands/report';
import { run } from './commands/run';
import { runs } from './commands/runs';
import { search } from './commands/search';
import { sensitivity } from './commands/sensitivity';
import { techniques } from './commands/techniques';
import { templates } from './commands/templates';

export const commands: readonly Command[] = [
  run,
  search,
  compress,
  evaluate,
  bench,
  live,
  inspect,
  sensitivity,
  report,
  handover,
  runs,
  clean,
  compare,
  gate,
  flips,
  open,
  techniques,
  templates,
  models,
  datasets,
  get,
  agent,
  doctor,
];
