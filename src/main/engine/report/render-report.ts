import type { Paper } from '@shared/presenter/paper';
import type { ReportView } from '@shared/presenter/report-view';
import type { RunView } from '@shared/run';
import { csvReport } from './csv';
import { htmlReport } from './html';
import { jsonReport } from './json';
import { longCsv } from './long-csv';
import { markdownReport } from './markdown';
import { matrixCsv } from './matrix-csv';
import { reportOf } from './report-model';
import type { ReportSources } from './report-sources';

export type ReportFormat = 'csv' | 'matrix-csv' | 'long-csv' | 'json' | 'html' | 'md';

export interface ReportChoices {
  view?: ReportView | undefined;
  sources?: ReportSources | undefined;
  /** Of pages that are printed. */
  paper?: Paper | undefined;
}

/** A run as the text of a file. What people read follows the view; JSON is always all of the run. */
export function renderReport(run: RunView, format: ReportFormat, { view, sources, paper }: ReportChoices = {}): string {
  if (format === 'json') return `${JSON.stringify(jsonReport(run), null, 2)}\n`;
  const report = reportOf(run, view, sources);
  switch (format) {
    case 'csv':
      return csvReport(report);
    case 'matrix-csv':
      return matrixCsv(report);
    case 'long-csv':
      return longCsv(report);
    case 'html':
      return htmlReport(report, paper);
    case 'md':
      return markdownReport(report);
  }
}
