import { withoutCommands } from '@shared/errors';
import type { RuntimeInfo } from '@shared/runtime-info';

/** Runtimes by what they are on this machine: usable, to be had, and for other machines alone. Each in the order of the registry. */
export function groupRuntimes(
  runtimes: readonly RuntimeInfo[],
): Record<'ready' | 'addable' | 'elsewhere', RuntimeInfo[]> {
  return {
    ready: runtimes.filter(({ problem }) => problem === undefined),
    addable: runtimes.filter(({ problem, lacks }) => problem !== undefined && lacks !== 'machine'),
    elsewhere: runtimes.filter(({ problem, lacks }) => problem !== undefined && lacks === 'machine'),
  };
}

/** What keeps a runtime or a device from use, in whole sentences that name no command; '' where nothing does. */
export function problemText(problem = ''): string {
  const text = withoutCommands(problem).trim();
  // Names of files stay as they are written.
  const sentence = text.replace(/^(?!lib)[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase());
  return sentence === '' || /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** "Runs .onnx files on CPU; no Intel GPU, no Intel NPU" */
export function abilityText({ format, devices }: Pick<RuntimeInfo, 'format' | 'devices'>): string {
  const usable = devices.filter(({ problem }) => problem === undefined).map(({ title }) => title);
  const others = devices.filter(({ problem }) => problem !== undefined).map(({ title }) => `no ${title}`);
  return [`Runs .${format} files on ${usable.join(' and ')}`, others.join(', ')].filter(Boolean).join('; ');
}

/** The one thing to do about what is missing. */
export type RuntimeRemedy = 'get' | 'copy-command' | 'name-folder' | 'look-again';

export function remedyFor({ pack, command, lacks }: Pick<RuntimeInfo, 'pack' | 'command' | 'lacks'>): RuntimeRemedy {
  if (pack) return 'get';
  if (command !== undefined) return 'copy-command';
  return lacks === 'library' ? 'name-folder' : 'look-again';
}
