import type { Command } from './arguments';
import { bench } from './commands/bench';
import { clean } from './commands/clean';
import { compare } from './commands/compare';
import { compress } from './commands/compress';
import { datasets } from './commands/datasets';
import { doctor } from './commands/doctor';
import { evaluate } from './commands/evaluate';
import { handover } from './commands/handover';
import { gate } from './commands/gate';
import { inspect } from './commands/inspect';
import { models } from './commands/models';
import { open } from './commands/open';
import { report } from './commands/report';
import { run } from './commands/run';
import { runs } from './commands/runs';
import { sensitivity } from './commands/sensitivity';
import { techniques } from './commands/techniques';

export const commands: readonly Command[] = [
  run,
  compress,
  evaluate,
  bench,
  inspect,
  sensitivity,
  report,
  handover,
  runs,
  clean,
  compare,
  gate,
  open,
  techniques,
  models,
  datasets,
  doctor,
];
