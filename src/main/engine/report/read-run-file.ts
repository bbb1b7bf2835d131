import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { AppError, isErrorCode } from '@shared/errors';
import { runViewSchema, type RunView } from '@shared/run';

/** Ten thousand trials take about half of it. */
const byteLimit = 64e6;
const trialLimit = 10_000;

const record = z.record(z.string(), z.unknown());
const fileSchema = record.and(z.object({ run: z.string().min(1).max(200), trials: z.array(record).max(trialLimit) }));

/**
 * The run that a JSON report holds, equal to the view it was made from. The file comes from elsewhere: it is checked as any stranger's,
 * and nothing in it is believed to lie on this machine.
 * Throws `results.file-invalid`.
 */
export async function readRunFile(path: string): Promise<RunView> {
  const invalid = (detail: string): AppError => new AppError('results.file-invalid', { path, detail });
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > byteLimit) throw invalid(`it has ${size} bytes, and at most ${byteLimit} are read`);
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw invalid(`it cannot be read (${(thrown as NodeJS.ErrnoException).code ?? String(thrown)})`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid('it is not JSON, or cut short');
  }
  const file = fileSchema.safeParse(json);
  if (!file.success) throw invalid(problemOf(file.error));
  const parsed = runViewSchema.safeParse(viewOf(file.data));
  if (!parsed.success) throw invalid(problemOf(parsed.error));
  const stray = parsed.data.trials.find(
    ({ model, recipe }) => !parsed.data.models.includes(model) || !parsed.data.recipes.includes(recipe),
  );
  if (stray) throw invalid(`the trial "${stray.id}" is of no network and recipe of its run`);
  return parsed.data;
}

type Loose = Record<string, unknown>;
const isRecord = (value: unknown): value is Loose => typeof value === 'object' && value !== null;

/** What earlier versions left out follows from the rest. */
function viewOf({ run: id, comparedWith: against, trials, ...rest }: z.infer<typeof fileSchema>): Loose {
  const { manifest, sweep } = rest;
  const found: Loose[] = trials.map((trial) => trialOf(trial));
  const count = (status: string): number => found.filter((trial) => trial.status === status).length;
  const models = isRecord(manifest) && Array.isArray(manifest.models) ? (manifest.models as unknown[]) : [];
  return {
    models: models.map((model) => (isRecord(model) ? model.name : undefined)),
    recipes: isRecord(sweep) && isRecord(sweep.recipes) ? Object.keys(sweep.recipes) : [],
    trialsDone: count('done'),
    trialsFailed: count('failed'),
    trialsTotal: found.length,
    ...rest,
    id,
    against,
    trials: found,
  };
}

function trialOf({ steps, artifact, artifactSha256, artifactBytes, journal, error, ...rest }: Loose): Loose {
  return {
    id: `${String(rest.model)}/${String(rest.recipe)}`,
    isBaseline: steps === '',
    ...rest,
    recipeText: steps,
    steps: journal ?? [],
    artifact:
      artifact === undefined || artifactBytes === undefined
        ? undefined
        : { path: artifact, sha256: artifactSha256, sizeBytes: artifactBytes },
    error: isRecord(error) ? errorOf(error) : undefined,
  };
}

/** Another version may know other errors; what it said of them is kept. */
function errorOf({ code, facts, message }: Loose): Loose {
  if (isErrorCode(code) && isRecord(facts)) return { code, facts };
  return { code: 'technique.failed', facts: { id: 'The trial', detail: String(message).slice(0, 1000) } };
}

function problemOf({ issues }: z.ZodError): string {
  const { path, message } = issues[0]!;
  return `${path.length > 0 ? `"${path.join('.')}": ` : ''}${message}`;
}
