import { disturbedSign } from '@shared/presenter/disturbance';
import type { RunPresentation } from '@shared/presenter/reading';
import type { RunView, TrialView } from '@shared/run';
import { escapeHtml } from './escape-html';

/** What is said of trials: each sentence once, with the trials it holds for. */
export function notes({ run, read }: RunPresentation): string {
  const trialsOf = new Map<string, TrialView[]>();
  for (const trial of run.trials) {
    const disturbed = run.manifest.targets.flatMap((target) => {
      const sentence = read('ratio', trial, target)?.disturbed;
      return sentence ? [`${disturbedSign} On ${target}, ${sentence}.`] : [];
    });
    const collapsed = trial.collapsed ? [`Collapsed: ${trial.collapsed}.`] : [];
    for (const sentence of new Set([...disturbed, ...collapsed, ...trial.notes]))
      trialsOf.set(sentence, [...(trialsOf.get(sentence) ?? []), trial]);
  }
  const lines = [...trialsOf].map(
    ([sentence, trials]) => `<li>${escapeHtml(sentence)}<small>${escapeHtml(appliesTo(run, trials))}</small></li>`,
  );
  return lines.length > 0 ? `<h2>Notes</h2><ul class="notes">${lines.join('')}</ul>` : '';
}

/** "int8, int4 (mobilenetv2, resnet50); fp16 (all models)": models with the same recipes stand together. */
function appliesTo(run: Pick<RunView, 'models' | 'recipes'>, trials: readonly TrialView[]): string {
  const modelsOf = new Map<string, string[]>();
  for (const model of run.models) {
    const recipes = trials.filter((trial) => trial.model === model).map(({ recipe }) => recipe);
    if (recipes.length === 0) continue;
    const key = recipes.length === run.recipes.length ? 'all recipes' : recipes.join(', ');
    modelsOf.set(key, [...(modelsOf.get(key) ?? []), model]);
  }
  return [...modelsOf]
    .map(([recipes, models]) => {
      const isAll = models.length === run.models.length && models.length > 1;
      return `${recipes} (${isAll ? 'all models' : models.join(', ')})`;
    })
    .join('; ');
}
