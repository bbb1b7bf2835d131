import { sweepFromTemplate } from '@shared/sweep-template';
import { sweepFileSchema } from '@shared/sweep-file';
import { formatSweep } from '../main/engine/sweep/write-sweep';
import { findTemplate } from '../main/engine/techniques/templates';

/** The case study on models and images that were fetched, as the text of a sweep file. */
export function caseStudyText(models: string[], images: string, file: string, folder: string): string {
  const template = { ...findTemplate('case-study'), images: { eval: 1000, calibration: 256 } };
  const sweep = sweepFileSchema.parse(sweepFromTemplate(template, models, { path: images }));
  return formatSweep(sweep, file, folder);
}
