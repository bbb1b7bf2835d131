import type { Budget } from '@shared/presenter/budget';
import { judgeRun } from '@shared/presenter/best-in-budget';
import { bestInWords, bestLine, settlingRule } from '@shared/presenter/budget-text';
import { formatBudget } from '@shared/presenter/parse-budget';
import { presentRun } from '@shared/presenter/reading';
import type { RunView } from '@shared/run';
import { wrapText } from './wrap-text';

/** The best trial of each network within a budget, for a terminal; once a target. */
export function bestText(run: RunView, budget: Budget): string {
  const presentation = presentRun(run);
  const targets = run.manifest.targets.length > 0 ? run.manifest.targets : [''];
  const sections = targets.map((target) => {
    const words = judgeRun(run, budget, target).best.map((best) => bestInWords(best, presentation, target));
    const title = `Best within ${formatBudget(budget)}${target === '' ? '' : ` on ${target}`}`;
    const lines = words.map((each) => `${wrapText(bestLine(each), '  ')}\n`).join('');
    const rule = words.some(({ named }) => named.some(({ figures }) => figures.includes('settle')));
    return `${title}:\n${lines}${rule ? `${wrapText(settlingRule)}\n` : ''}`;
  });
  return sections.join('\n');
}
