import { parseViewSettings, type ViewSettings } from './view-settings';

/** How the matrix was set up when somebody gave it a name. */
export interface SavedView {
  name: string;
  filter: string;
  settings: ViewSettings;
}

const longestName = 60;

/** Reads what an earlier session stored; entries that are none are left out. */
export function parseSavedViews(value: unknown): SavedView[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown): SavedView[] => {
    const { name, filter, settings } = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<
      string,
      unknown
    >;
    if (typeof name !== 'string' || name === '') return [];
    return [{ name, filter: typeof filter === 'string' ? filter : '', settings: parseViewSettings(settings) }];
  });
}

/** With the view added, in the order of their names; one of the same name is replaced. */
export function withView(views: readonly SavedView[], view: SavedView): SavedView[] {
  const name = view.name.trim().slice(0, longestName);
  if (name === '') return [...views];
  return [...views.filter((each) => each.name !== name), { ...view, name }].sort((a, b) =>
    a.name.localeCompare(b.name),
  );
}
