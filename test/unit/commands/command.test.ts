import { describe, expect, it } from 'vitest';
import { findCommands, shortcutText, type Command } from '../../../src/renderer/commands/command';
import { shortcutGroups } from '../../../src/renderer/commands/shortcuts';

const command = (group: Command['group'], title: string, note?: string): Command => ({
  id: `${group} ${title} ${note ?? ''}`,
  group,
  title,
  note,
  run: () => undefined,
});
const commands = [
  command('Actions', 'Export CSV…'),
  command('Actions', 'Theme: dark'),
  command('Views', 'Matrix'),
  command('Runs', 'case study', 'done, 2 Jan'),
  command('Trials', 'int8', 'resnet50'),
  command('Trials', 'int8', 'mobilenetv2'),
];
const found = (query: string): string[] =>
  findCommands(commands, query).map(({ title, note }) => [title, note].filter(Boolean).join(' '));

describe('findCommands', () => {
  it.each([
    ['', ['Export CSV…', 'Theme: dark', 'Matrix', 'case study done, 2 Jan']],
    ['int8', ['int8 resnet50', 'int8 mobilenetv2']],
    ['int8 mob', ['int8 mobilenetv2']],
    ['matr', ['Matrix']],
    ['case', ['case study done, 2 Jan']],
    ['nothing like it', []],
  ])('"%s"', (query, expected) => expect(found(query)).toEqual(expected));

  it('marks letters of the title alone', () => {
    expect(findCommands(commands, 'int8mob')[0]!.at).toEqual([0, 1, 2, 3]);
  });
});

it.each([
  ['CmdOrCtrl+Shift+E', 'linux', 'Ctrl+Shift+E'],
  ['CmdOrCtrl+K', 'darwin', '⌘K'],
  ['?', 'win32', '?'],
])('%s on %s is written %s', (shortcut, platform, text) => expect(shortcutText(shortcut, platform)).toBe(text));

it('no two shortcuts of one place are the same', () => {
  for (const { where, shortcuts } of shortcutGroups) {
    const keys = shortcuts.map((shortcut) => shortcut.keys.join(' '));
    expect(new Set(keys).size, where).toBe(keys.length);
  }
});
