/** The files that a run can become, in the order of menus. */
export const exportFormats = [
  { id: 'pdf', title: 'PDF', extension: 'pdf', about: 'Report to print, A4' },
  { id: 'pdf-letter', title: 'PDF, Letter', extension: 'pdf', about: 'Report to print, US Letter' },
  { id: 'html', title: 'HTML', extension: 'html', about: 'The same report as one page that sorts' },
  { id: 'md', title: 'Markdown', extension: 'md', about: 'The same report as text, for wikis and pull requests' },
  { id: 'csv', title: 'CSV', extension: 'csv', about: 'A row a trial and target, every column' },
  { id: 'matrix-csv', title: 'Matrix CSV', extension: 'csv', about: 'A row a recipe, columns as shown' },
  { id: 'long-csv', title: 'Long CSV', extension: 'csv', about: 'A row a figure, with interval and verdict' },
  { id: 'json', title: 'JSON', extension: 'json', about: 'Everything; opens as a run on another machine' },
] as const;

export type ExportFormat = (typeof exportFormats)[number]['id'];
export const exportFormatIds = exportFormats.map(({ id }) => id);

/** Keys of the formats that people want most. */
export const exportShortcuts: Partial<Record<ExportFormat, string>> = {
  csv: 'CmdOrCtrl+E',
  json: 'CmdOrCtrl+Shift+E',
  pdf: 'CmdOrCtrl+P',
};

/** What a format is called and how its files end. */
export function exportFormat(id: ExportFormat): (typeof exportFormats)[number] {
  return exportFormats.find((format) => format.id === id)!;
}
