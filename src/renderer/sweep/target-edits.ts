import type { RuntimeInfo } from '@shared/runtime-info';
import type { Target } from '@shared/sweep-file';
import { formFields } from './form-fields';

export type Options = NonNullable<Target['options']>;

/** A target without what it does not say. */
function targetOf({
  runtime,
  device,
  threads,
  on,
  options = {},
}: Partial<Target> & Pick<Target, 'runtime' | 'threads'>): Target {
  const hasOptions = Object.keys(options).length > 0;
  return {
    runtime,
    ...(device !== undefined && { device }),
    threads,
    ...(on !== undefined && { on }),
    ...(hasOptions && { options }),
  };
}

export const withOptions = (target: Target, options: Options): Target => targetOf({ ...target, options });

/** On a device of the runtime; '': on the first, which is what a target without one means. */
export const onDevice = (target: Target, id: string): Target => targetOf({ ...target, device: id || undefined });

/** On the machines with a label; '': on this one. */
export const onMachine = (target: Target, label: string): Target => targetOf({ ...target, on: label || undefined });

/** "precision: default, streams: 2"; empty where none are given. */
export const optionsSummary = (options: Options): string =>
  Object.entries(options)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');

/** Names of options that a schema does not have: a form shows no control for them. */
export function unknownOptions(options: Options, schema: RuntimeInfo['optionsSchema']): string[] {
  const known = new Set(formFields(schema).map(({ name }) => name));
  return Object.keys(options).filter((name) => !known.has(name));
}

/** The options but for some. */
export function withoutOptions(options: Options, names: readonly string[]): Options {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name)));
}

/** The target on another runtime: threads and machine stay as they are; its device and those of its options stay that the new one has too. */
export function onRuntime(
  { threads, device, on, options = {} }: Target,
  id: string,
  next: RuntimeInfo | undefined,
): Target {
  const keepsDevice = device !== undefined && next?.devices.some((each) => each.id === device);
  const lost = next ? unknownOptions(options, next.optionsSchema) : Object.keys(options);
  return targetOf({
    runtime: id,
    device: keepsDevice ? device : undefined,
    threads,
    on,
    options: withoutOptions(options, lost),
  });
}
