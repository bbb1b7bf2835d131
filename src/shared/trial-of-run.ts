import { AppError } from './errors';

/** Of a long list, as many as a sentence can name. */
const named = 20;

/** The trial of that id. @throws `trial.not-found` */
export function trialOfRun<T extends { id: string }>(trials: readonly T[], run: string, trial: string): T {
  const found = trials.find(({ id }) => id === trial);
  if (!found) throw noSuchTrial(trials, run, trial);
  return found;
}

export function noSuchTrial(trials: readonly { id: string }[], run: string, trial: string): AppError {
  const rest = trials.length - named;
  const names = trials.slice(0, rest > 0 ? named : undefined).map(({ id }) => id);
  const facts = { run, trial, trials: `${names.join(', ') || 'none'}${rest > 0 ? ` and ${rest} more` : ''}` };
  return new AppError('trial.not-found', facts);
}
