import { views } from '@shared/views';

export interface Shortcut {
  /** Electron's notation, or a key by its name. */
  keys: readonly string[];
  does: string;
}

/** Everything the keyboard does, by where it does it. */
export const shortcutGroups: readonly { where: string; shortcuts: readonly Shortcut[] }[] = [
  {
    where: 'Everywhere',
    shortcuts: [
      { keys: ['CmdOrCtrl+K'], does: 'Find a view, run, trial or action' },
      ...views.map(({ title, shortcut }) => ({ keys: [shortcut], does: title })),
      { keys: ['CmdOrCtrl+O'], does: 'Open a sweep file' },
      { keys: ['CmdOrCtrl+S'], does: 'Save the sweep as a file' },
      { keys: ['CmdOrCtrl+Shift+O'], does: 'Open results' },
      { keys: ['?'], does: 'Show these shortcuts' },
    ],
  },
  {
    where: 'Live',
    shortcuts: [
      { keys: ['Space'], does: 'Pause and go on' },
      { keys: ['→'], does: 'One frame or image on' },
      { keys: ['←'], does: 'One image back' },
      { keys: ['S'], does: 'Save a snapshot' },
      { keys: ['R'], does: 'Begin a record; save it' },
    ],
  },
  {
    where: 'Matrix',
    shortcuts: [
      { keys: ['←', '→', '↑', '↓'], does: 'Move between cells' },
      { keys: ['Home', 'End'], does: 'First and last column; with Ctrl, row' },
      { keys: ['Enter'], does: 'Open the trial and go into it; on a header, sort by it' },
      { keys: ['Space'], does: 'Show the trial and stay, to move on with the arrows' },
      { keys: ['S'], does: 'Star the trial' },
      { keys: ['P'], does: 'Pin the recipe below the baseline' },
      { keys: ['Esc'], does: 'Close the trial and go back to its cell' },
      { keys: ['CmdOrCtrl+E'], does: 'Export CSV' },
      { keys: ['CmdOrCtrl+Shift+E'], does: 'Export JSON' },
      { keys: ['CmdOrCtrl+P'], does: 'Export PDF' },
    ],
  },
  {
    where: 'Runs',
    shortcuts: [
      { keys: ['/'], does: 'Search' },
      { keys: ['↑', '↓'], does: 'Choose a run' },
      { keys: ['Enter'], does: 'Open it in the matrix' },
      { keys: ['S'], does: 'Star it' },
      { keys: ['Delete'], does: 'Delete it; Undo brings it back' },
    ],
  },
  {
    where: 'Machines',
    shortcuts: [
      { keys: ['↑', '↓'], does: 'Choose a machine' },
      { keys: ['D'], does: 'Drain it, or let it go on' },
      { keys: ['Delete'], does: 'Remove it, after a question' },
      { keys: ['Esc'], does: 'Close its panel' },
    ],
  },
];
