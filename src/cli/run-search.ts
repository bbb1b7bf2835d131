import { join } from 'node:path';
import type { SearchAnswer } from '@shared/search';
import type { SweepFile } from '@shared/sweep-file';
import type { Engine } from '../main/engine/create-engine';
import { storedPath } from '../main/engine/search/found-chain';
import { searchNetwork } from '../main/engine/search/search-network';
import { onceEndRequest } from './end-requests';
import type { ProgressLine } from './progress-line';
import { resultFiles, writeResults } from './results-folder';

/** Searches from the command line: what was confirmed goes to the results folder. Interrupt stops it; the same command goes on. @param deadline as in `SearchOptions` */
export async function runSearch(
  engine: Engine,
  sweep: SweepFile,
  { out, deadline }: { out: string | undefined; deadline?: number },
  line: ProgressLine,
): Promise<SearchAnswer> {
  engine.runs.recover();
  const abort = new AbortController();
  const say = (sentence: string): void => {
    line.clear();
    process.stderr.write(`${sentence}\n`);
  };
  const interrupt = (): void => {
    say('Stopping. What is done is kept; run the same command again to go on.');
    abort.abort();
  };
  const off = onceEndRequest(interrupt);
  try {
    return await searchNetwork(sweep, {
      workspace: engine.workspace,
      runs: engine.runs,
      signal: abort.signal,
      deadline,
      say,
      prepare: (one) => engine.prepare(one, { signal: abort.signal }),
      async place(run) {
        const folder = await writeResults(engine, run, out);
        const files = resultFiles(run, folder);
        say(`Results in ${folder}`);
        return (trial, format) =>
          files.get(trial.id)?.find((file) => file.format === format)?.path ?? storedPath(trial, format);
      },
    });
  } finally {
    off();
  }
}

/** The searches that a sweep asks for beside its recipes, one a model: what was confirmed goes to `search/MODEL` of the results folder. */
export async function* searchEach(
  engine: Engine,
  sweep: SweepFile,
  { folder, deadline }: { folder: string; deadline?: number },
  line: ProgressLine,
): AsyncGenerator<SearchAnswer> {
  for (const [at, model] of sweep.models.entries()) {
    const name = `${sweep.name}, search ${at + 1}`.slice(0, 180);
    const out = join(folder, 'search', String(at + 1));
    yield await runSearch(engine, { ...sweep, name, models: [model] }, { out, deadline }, line);
  }
}
