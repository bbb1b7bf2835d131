import type { DatasetSummary, ImageProblem } from '@shared/dataset';
import { classCounts } from './class-counts';
import type { Dataset, ImageEntry } from './dataset';

const sampleCount = 12;
const problemCount = 100;
const duplicateCount = 20;

/** A dataset as the window and the command line show it: counts, a few images of different classes, the first problems. */
export function summarize(dataset: Dataset): DatasetSummary {
  const { path, name, layout, labelled, classes, available, fingerprint, trainingFolder } = dataset;
  const entries =
    [dataset.eval, dataset.calibration, dataset.train].find((set) => set.entries.length > 0)?.entries ?? [];
  return {
    path,
    name,
    layout,
    labelled,
    classes,
    available: { ...available },
    chosen: {
      calibration: dataset.calibration.entries.length,
      train: dataset.train.entries.length,
      eval: dataset.eval.entries.length,
    },
    fingerprint,
    ...(trainingFolder && { trainingFolder }),
    problems: firstProblems(dataset.problems),
    classCounts: classCounts(dataset),
    duplicates: {
      within: dataset.duplicates.within,
      between: dataset.duplicates.between,
      groups: dataset.duplicates.groups.length,
      examples: dataset.duplicates.groups.slice(0, duplicateCount).map((copies) => copies.map((copy) => copy.path)),
    },
    samples: sampleOf(entries).map(({ path: file, label }) => ({
      file,
      ...(label < 0 ? {} : { label: dataset.labelNames?.[label] ?? String(label) }),
    })),
  };
}

/** One image a class as long as there are new classes, then any. */
function sampleOf(entries: readonly ImageEntry[]): ImageEntry[] {
  const seen = new Set<number>();
  const firstOfClass = entries.filter((entry) => !seen.has(entry.label) && seen.add(entry.label));
  return [...new Set([...firstOfClass.slice(0, sampleCount), ...entries])].slice(0, sampleCount);
}

function firstProblems(problems: readonly ImageProblem[]): ImageProblem[] {
  if (problems.length <= problemCount) return [...problems];
  const next = problems[problemCount - 1]!;
  const rest = problems.length - problemCount;
  return [
    ...problems.slice(0, problemCount - 1),
    { file: next.file, message: `${next.message} And ${rest} more problems.` },
  ];
}
