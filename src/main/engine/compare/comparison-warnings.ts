import type { RunView } from '@shared/run';
import type { TrialPair } from '@shared/run-comparison';
import { namedRuntimes, runtimeVersion } from './runtime-version';
import type { SharedImages } from './answer-difference';

/** Why two runs cannot be compared as one run would be: a sentence each, the gravest first. */
export function comparisonWarnings(
  reference: RunView,
  candidate: RunView,
  pairs: readonly TrialPair[],
  images: readonly SharedImages[],
): string[] {
  return [
    ...modelWarnings(reference, candidate),
    ...imageWarnings(pairs, images),
    ...settingWarnings(reference, candidate),
    ...timeWarnings(pairs),
  ];
}

function modelWarnings(reference: RunView, candidate: RunView): string[] {
  const before = new Map(reference.manifest.models.map(({ name, sha256 }) => [name, sha256]));
  return candidate.manifest.models.flatMap(({ name, sha256 }) => {
    const theirs = before.get(name);
    return theirs === undefined || theirs === sha256
      ? []
      : [
          `${name} is not the same file in both runs: its times are relative to different baselines and are not compared.`,
        ];
  });
}

function imageWarnings(pairs: readonly TrialPair[], images: readonly SharedImages[]): string[] {
  const relabelled = Math.max(0, ...images.map((one) => one.relabelled));
  const unpaired = pairs.flatMap(({ answers }) => answers).some(({ isPaired }) => !isPaired);
  const partial = images.find(({ both, smaller }) => both > 0 && both < smaller);
  return [
    ...(relabelled > 0
      ? [
          `${relabelled} of the images do not have the same class in both runs, so top-1 is compared as of independent samples.`,
        ]
      : unpaired
        ? [
            images.length === 0
              ? 'The answers of one run are not at hand image by image, so top-1 is compared as of independent samples, with wider intervals.'
              : 'The evaluation images are not the same, so top-1 is compared as of independent samples, with wider intervals.',
          ]
        : []),
    ...(partial && !unpaired ? [`Only the ${partial.both} images that both runs answered are compared.`] : []),
  ];
}

function settingWarnings(reference: RunView, candidate: RunView): string[] {
  const [before, after] = [reference.manifest, candidate.manifest];
  const changed = [...namedRuntimes(candidate)].flatMap(([name, runtime]) => {
    const [theirs, own] = [runtimeVersion(before, runtime), runtimeVersion(after, runtime)];
    return theirs === own || theirs === '' ? [] : [{ name, theirs, own }];
  });
  const others = Object.entries(after.elsewhere ?? {}).flatMap(([label, { machine }]) => {
    const theirs = before.elsewhere?.[label]?.machine;
    return theirs && theirs.id !== machine.id ? [{ label, theirs: theirs.cpu, own: machine.cpu }] : [];
  });
  return [
    ...(before.machine.id !== after.machine.id
      ? [
          `The machines differ (${before.machine.cpu}; ${after.machine.cpu}): times are ratios to each machine's own baseline, and int8 answers may depend on the processor.`,
        ]
      : []),
    ...others.map(
      ({ label, theirs, own }) =>
        `The machines labelled ${label} differ (${theirs}; ${own}): times are ratios to each machine's own baseline, and int8 answers may depend on the processor.`,
    ),
    ...changed.map(
      ({ name, theirs, own }) =>
        `${name} is ${theirs} in one run and ${own} in the other: what made baseline and candidate alike faster or slower does not show in ratios.`,
    ),
  ];
}

function timeWarnings(pairs: readonly TrialPair[]): string[] {
  const times = pairs.flatMap((pair) => pair.times).filter(({ isSameMeasurement }) => !isSameMeasurement);
  const disturbed = times.filter(({ reference, candidate }) => reference.disturbed ?? candidate.disturbed).length;
  return disturbed === 0
    ? []
    : [
        `Other work disturbed ${disturbed === 1 ? 'one of the times' : `${disturbed} of the times`} that are compared; measured again, they may tell more.`,
      ];
}
