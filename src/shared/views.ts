/**
 * The views of the window as plain data. Its router and navigation bar and the menu of the main process are made from this table: a new view is
 * a line here and a file in `renderer/views`.
 */
export interface View {
  /** Name of the route, and of what tests look for. */
  name: string;
  title: string;
  /** Pattern of its address; the part up to the first parameter opens it. */
  path: string;
  /** File in `renderer/views`, without its ending. */
  component: string;
  /** Electron's notation. */
  shortcut: string;
  /** An outline on a grid of 24 x 24, drawn as a stroke. */
  icon: string;
  /** Keeps its state while another view shows. */
  isKept?: boolean;
  /** Stands apart at the end of the navigation bar, as its icon alone. */
  isAside?: boolean;
}

export const views: readonly View[] = [
  {
    name: 'sweep',
    title: 'Sweep',
    path: '/sweep',
    component: 'SweepView',
    shortcut: 'CmdOrCtrl+1',
    isKept: true,
    icon: 'M10 5H3M12 19H3M14 3v4M16 17v4M21 12h-9M21 19h-5M21 5h-7M8 10v4M8 12H3',
  },
  {
    name: 'matrix',
    title: 'Matrix',
    path: '/matrix/:run?',
    component: 'MatrixView',
    shortcut: 'CmdOrCtrl+2',
    icon: 'M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM3 9h18M3 15h18M9 3v18M15 3v18',
  },
  {
    name: 'runs',
    title: 'Runs',
    path: '/runs',
    component: 'RunsView',
    shortcut: 'CmdOrCtrl+3',
    icon: 'M3 12a9 9 0 1 0 9-9 9.75 9.75 0 0 0-6.74 2.74L3 8M3 3v5h5M12 7v5l4 2',
  },
  {
    name: 'sensitivity',
    title: 'Sensitivity',
    path: '/sensitivity',
    component: 'SensitivityView',
    shortcut: 'CmdOrCtrl+4',
    icon: 'M22 12h-2.5a2 2 0 0 0-1.9 1.5l-2.4 8.3a.25.25 0 0 1-.48 0L9.24 2.18a.25.25 0 0 0-.48 0l-2.35 8.36A2 2 0 0 1 4.49 12H2',
  },
  {
    name: 'compare',
    title: 'Compare',
    path: '/compare',
    component: 'CompareView',
    shortcut: 'CmdOrCtrl+5',
    isKept: true,
    icon: 'M8 3L4 7l4 4M4 7h16M16 21l4-4-4-4M20 17H4',
  },
  {
    name: 'live',
    title: 'Live',
    path: '/live',
    component: 'LiveView',
    shortcut: 'CmdOrCtrl+6',
    icon: 'M16 13l5.22 3.48a.5.5 0 0 0 .78-.42V7.87a.5.5 0 0 0-.75-.43L16 10.5M4 6h10a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2z',
  },
  {
    name: 'machines',
    title: 'Machines',
    path: '/machines',
    component: 'MachinesView',
    shortcut: 'CmdOrCtrl+7',
    icon: 'M5 3h14a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM5 13h14a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4a2 2 0 0 1 2-2zM7 7h.01M7 17h.01',
  },
  {
    name: 'settings',
    title: 'Settings',
    path: '/settings',
    component: 'SettingsView',
    shortcut: 'CmdOrCtrl+,',
    isAside: true,
    icon: 'M20 7h-9M14 17H5M17 14a3 3 0 1 0 0 6 3 3 0 1 0 0-6M7 4a3 3 0 1 0 0 6 3 3 0 1 0 0-6',
  },
];

/** Where a view opens. */
export function addressOf({ path }: View): string {
  return path.replace(/\/:.*$/, '');
}
