import { formatBytes } from '@shared/format';
import { memoryUnwatched } from '@shared/presenter/sweep-plan';
import type { Machine } from '@shared/run';
import { defaultTarget } from '@shared/sweep-file';

/** What `doctor` looked at. */
export interface DoctorFacts {
  machine: Pick<Machine, 'platform' | 'isa' | 'memoryBytes' | 'governor' | 'cores'>;
  writable: boolean;
  /** undefined where the system does not tell. */
  freeBytes: number | undefined;
  /** Networks in the model folder. */
  models: number;
  starter: boolean;
  downloads: boolean;
  /** The window's program; undefined where there is none yet. */
  electron?: string;
  /** Shared libraries it needs and this machine lacks. */
  missingLibraries: readonly string[];
  /** Linux without a screen prints PDFs through this program. */
  needsVirtualScreen: boolean;
  /** Why sensors of energy that are here tell nothing. */
  energyProblems: readonly string[];
  runtimes: readonly { id: string; title: string; problem?: string; command?: string }[];
}

export interface Finding {
  /** missing: something does not work; note: it works, with a limit worth knowing. */
  kind: 'missing' | 'note';
  /** What it is and what to do. */
  sentence: string;
}

/** A sweep over three networks of 100 MB with a hundred recipes keeps about this much. */
const comfortableDiskBytes = 10e9;
const leastDiskBytes = 1e9;
const leastMemoryBytes = 4e9;
const dotProducts = /VNNI|ASIMDDP|AMX|I8MM/;

/** What is missing on a machine, the gravest first; empty where nothing is. */
export function doctorFindings(facts: DoctorFacts): Finding[] {
  const found: Finding[] = [];
  const missing = (sentence: string): void => void found.push({ kind: 'missing', sentence });
  const note = (sentence: string): void => void found.push({ kind: 'note', sentence });
  const { machine, freeBytes = Infinity, missingLibraries } = facts;

  if (!facts.writable)
    missing('The workspace cannot be written to: change its permissions, or set WHITTLE_HOME to a folder of yours.');
  if (freeBytes < leastDiskBytes) missing(`The disk has ${formatBytes(freeBytes)} left: a sweep needs at least 1 GB.`);
  // The others are a choice: the list of runtimes says what keeps them from use.
  for (const { id, problem } of facts.runtimes)
    if (problem !== undefined && id === defaultTarget.runtime) missing(`The runtime ${id} cannot be used: ${problem}`);
  if (!facts.starter) missing('The starter pack is not where it should be: install Whittle again.');
  if (facts.electron === undefined) missing('There is no Electron yet, so no window and no PDF: npm start fetches it.');
  if (missingLibraries.length > 0)
    missing(
      `The window needs shared libraries that are not here: ${missingLibraries.join(', ')}. On Debian and Ubuntu: apt-get install libgtk-3-0 libnss3 libgbm1 libasound2.`,
    );
  if (facts.needsVirtualScreen)
    missing('There is no screen and no Xvfb, so no PDF: on Debian and Ubuntu, apt-get install xvfb xauth.');

  if (freeBytes >= leastDiskBytes && freeBytes < comfortableDiskBytes)
    note(`The disk has ${formatBytes(freeBytes)} left; a night of large models may need 10 GB.`);
  if (machine.platform === 'win32') note(memoryUnwatched);
  if (machine.memoryBytes < leastMemoryBytes)
    note(
      `${formatBytes(machine.memoryBytes)} of memory are few: models of 100 MB may fail where activations are kept.`,
    );
  if (machine.cores < 2) note('There is one core: whatever else runs disturbs latencies.');
  if (machine.isa.length > 0 && !machine.isa.some((flag) => dotProducts.test(flag)))
    note(
      'The processor has no int8 dot products: u8 x s8 sums may saturate, and int8 results can differ from other machines.',
    );
  if (machine.isa.length === 0)
    note('The instruction sets of the processor are not known here: compare int8 results across machines with care.');
  if (machine.governor !== undefined && machine.governor !== 'performance')
    note(
      `The cores' governor is "${machine.governor}": latencies swing less with "performance" (cpupower frequency-set -g performance).`,
    );
  for (const problem of facts.energyProblems) note(problem);
  for (const { title, id, command } of facts.runtimes)
    if (command !== undefined) note(`${title} is not here, so ${id} is no target: "${command}" fetches it.`);
  if (facts.models === 0)
    note(
      `The model folder is empty: ${facts.downloads ? '"whittle get case-study" fetches models and images, "whittle get" lists more' : 'put .onnx files there'}. The starter pack needs none.`,
    );
  if (!facts.downloads) note('Downloads are switched off.');
  return found;
}
