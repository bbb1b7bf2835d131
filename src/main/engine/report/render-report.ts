import type { RunView } from '@shared/run';
import type { ReportView } from '@shared/presenter/report-view';
import { csvReport } from './csv';
import { htmlReport } from './html';
import { jsonReport } from './json';

export type ReportFormat = 'csv' | 'json' | 'html';

/** A run as the text of a file. Pages for people follow the view; data for tools is always all of it. */
export function renderReport(run: RunView, format: ReportFormat, view?: ReportView): string {
  switch (format) {
    case 'csv':
      return csvReport(run);
    case 'json':
      return `${JSON.stringify(jsonReport(run), null, 2)}\n`;
    case 'html':
      return htmlReport(run, view);
  }
}
