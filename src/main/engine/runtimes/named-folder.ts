import { delimiter } from 'node:path';
import { runtimesVariable } from './locate-library';

/** What the person's own environment says. */
const inherited = process.env[runtimesVariable];

/** Adds the folder of the settings to those of the environment, for this process and for the workers that it starts; empty: none. */
export function nameRuntimesFolder(folder: string): void {
  const named = [inherited, folder].filter(Boolean).join(delimiter);
  if (named) process.env[runtimesVariable] = named;
  else delete process.env[runtimesVariable];
}
