import { formatBytes, formatNumber } from '@shared/format';
import type { ModelCard } from '@shared/model-card';
import { machineOf } from '@shared/presenter/machines-of-run';
import { presentRun } from '@shared/presenter/reading';
import type { RunView, TrialView } from '@shared/run';

const lines: Record<string, string> = {
  'classify.py': 'python classify.py IMAGE...',
  'classify.mjs': 'node classify.mjs IMAGE...',
  'classify.cpp': 'its first lines say how it is compiled',
};

/** What the folder holds, what the model is worth and how it is run: for somebody who has never seen Whittle. */
export function handoverReadme(run: RunView, trial: TrialView, card: ModelCard, files: readonly string[]): string {
  const examples = files.filter((file) => file in lines).map((file) => `- \`${file}\`: ${lines[file]}`);
  const others = [
    ['report.html', 'this model beside the one it was made from'],
    ['manifest.json', 'versions, machine, dataset and sha256 of every file'],
  ].map(([file, about]) => `- \`${file}\`: ${about}`);
  return `# ${trial.model}, ${trial.recipe}

${card.title ?? card.name}. Made by Whittle ${run.manifest.whittle} with \`${trial.recipeText || 'no step: the model as it came'}\`.
${card.licence === undefined ? 'Its card names no licence.' : `Licence of the model: ${card.licence}.`}${card.source === undefined ? '' : ` Source: ${card.source}.`}

${figures(run, trial).join('\n')}

${[...examples, ...others].join('\n')}

Each example prints file, class, label and score. The Python one prepares pixels exactly as for the figures above; the others differ by at
most about a grey level on average where they shrink images, and by more where they enlarge them.
`;
}

function figures(run: RunView, trial: TrialView): string[] {
  const { read } = presentRun(run);
  const { sizeBytes, n = 0 } = trial.metrics;
  const first = run.manifest.targets[0] ?? '';
  const top1 = read('top1', trial, first);
  const size = sizeBytes === undefined ? [] : [`- size: ${formatBytes(sizeBytes)}`];
  const accuracy = top1
    ? [
        `- top-1: ${top1.text} % ${top1.spread ?? ''} on ${formatNumber(n)} images of ${run.manifest.dataset.name}${top1.change ? `; ${top1.change.text} points ${top1.change.interval ?? ''} to its reference` : ''}`,
      ]
    : [];
  const times = run.manifest.targets.flatMap((target) => {
    const time = read('latency', trial, target);
    const ratio = time?.change ? `, ${time.change.text} of its reference ${time.change.interval ?? ''}` : '';
    return time ? [`- time on ${target}, ${machineOf(run, target).cpu}: ${time.text} ms${ratio}`] : [];
  });
  return [...size, ...accuracy, ...times];
}
