import { fuzzyMatch } from './fuzzy-match';

const commandGroups = ['Actions', 'Views', 'Runs', 'Trials'] as const;
export type CommandGroup = (typeof commandGroups)[number];

/** Something a person can do by its name. */
export interface Command {
  id: string;
  group: CommandGroup;
  title: string;
  /** Beside the title, and searched with it: a run's date, a trial's network. */
  note?: string;
  /** Electron's notation. */
  shortcut?: string;
  run(): unknown;
}

export interface FoundCommand extends Command {
  /** Indices of the letters in the title that were looked for. */
  at: number[];
}

const withoutQuery: Record<CommandGroup, number> = { Actions: 20, Views: 20, Runs: 5, Trials: 0 };

/** What fits a query, best first within its group, groups by their best; without a query what is usual. @param limit in all */
export function findCommands(commands: readonly Command[], query: string, limit = 60): FoundCommand[] {
  if (query.trim() === '') {
    return commandGroups.flatMap((group) =>
      commands
        .filter((command) => command.group === group)
        .slice(0, withoutQuery[group])
        .map((command) => ({ ...command, at: [] })),
    );
  }
  const found = commands.flatMap((command) => {
    const match = fuzzyMatch(query, command.note ? `${command.title} ${command.note}` : command.title);
    return match ? [{ command, ...match }] : [];
  });
  const best = found.sort((a, b) => b.score - a.score).slice(0, limit);
  const groups = [...new Set(best.map(({ command }) => command.group))];
  return groups.flatMap((group) =>
    best
      .filter(({ command }) => command.group === group)
      .map(({ command, at }) => ({ ...command, at: at.filter((place) => place < command.title.length) })),
  );
}

/** "Ctrl+K", or "⌘K" on a Mac. */
export function shortcutText(shortcut: string, platform: string): string {
  const isMac = platform === 'darwin';
  const names: Record<string, string> = isMac ? { CmdOrCtrl: '⌘', Shift: '⇧' } : { CmdOrCtrl: 'Ctrl' };
  const keys = shortcut.split('+').map((key) => names[key] ?? key);
  return keys.join(isMac ? '' : '+');
}
