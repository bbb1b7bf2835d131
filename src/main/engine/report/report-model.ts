import { formatCounted, formatDuration, formatNumber } from '@shared/format';
import { isLimited } from '@shared/presenter/budget';
import { metricsOf } from '@shared/presenter/energy';
import { processorsOf } from '@shared/presenter/machines-of-run';
import { manifestFacts, type Fact } from '@shared/presenter/manifest-facts';
import { metrics } from '@shared/presenter/metrics';
import { presentRun, type RunPresentation } from '@shared/presenter/reading';
import { reportViewSchema, shownModels, shownRows, shownTargets, type ReportView } from '@shared/presenter/report-view';
import type { MatrixRow } from '@shared/presenter/rows';
import type { RunView, TrialView } from '@shared/run';
import { caveats } from './caveats';
import { paretoCharts, type Chart } from './charts';
import { budgetText, coverOf, type Cover } from './cover';
import { methodFacts } from './method-facts';
import { networkPages, type NetworkPages } from './network-pages';
import { noSources, type ReportSources } from './report-sources';
import { saidOfTrials, type Said } from './said-of-trials';

/** A run as a report: what PDF, HTML, Markdown and CSV say, in words and numbers, before any of their forms. */
export interface Report {
  title: string;
  subtitle: string;
  /** What was left out or put in order, so that nobody takes a part for the whole. */
  shown?: string;
  cover: Cover;
  presentation: RunPresentation;
  view: ReportView;
  /** The networks, targets and recipes that the view shows, in its order; one target '' where none was measured. */
  models: readonly string[];
  targets: readonly string[];
  rows: readonly MatrixRow[];
  charts: readonly Chart[];
  networks: readonly NetworkPages[];
  method: readonly Fact[];
  caveats: readonly Said[];
  /** What techniques said of what they did. */
  notes: readonly Said[];
  manifest: readonly Fact[];
}

/**
 * @param view what of the run is shown, as in the window; by default everything
 * @param sources what is known beyond the run's view
 */
export function reportOf(run: RunView, view?: ReportView, sources: ReportSources = noSources): Report {
  const asked = view ?? reportViewSchema.parse({});
  const shown = { ...asked, metrics: metricsOf(run, asked.metrics) };
  const presentation = presentRun(run);
  const models = shownModels(run, shown.models);
  const measured = shownTargets(run, shown.target);
  // Without targets there are sizes and answers all the same.
  const targets = measured.length > 0 ? measured : [''];
  const [first = ''] = targets;
  const rows = shownRows(presentation, shown, first);
  const trialsOf = (model: string): TrialView[] => rows.flatMap((row) => row.trials.get(model) ?? []);
  const trials = models.flatMap(trialsOf);
  const budget = isLimited(shown.budget) ? shown.budget : undefined;
  return {
    title: run.name,
    subtitle: subtitle(run),
    shown: shownText(run, shown, rows.length),
    cover: coverOf(presentation, models, first, trialsOf, budget),
    presentation,
    view: shown,
    models,
    targets,
    rows,
    charts: paretoCharts(presentation, targets, trials),
    networks: models.map((model) => networkPages(presentation, model, targets, trialsOf(model), sources)),
    method: methodFacts(presentation, models, sources),
    caveats: caveats(presentation, trials),
    notes: saidOfTrials(run, trials, ({ notes }) => notes),
    manifest: [{ name: 'Run', value: run.id, mono: true }, ...manifestFacts(run.manifest)],
  };
}

/** The trials that a report shows: network by network, in the order of its rows. */
export function shownTrials({ presentation: { run }, models, rows }: Report): TrialView[] {
  const places = new Map(rows.map(({ recipe }, place) => [recipe, place]));
  const placeOf = ({ recipe }: TrialView): number => places.get(recipe) ?? 0;
  return run.trials
    .filter(({ model, recipe }) => models.includes(model) && places.has(recipe))
    .sort((a, b) => models.indexOf(a.model) - models.indexOf(b.model) || placeOf(a) - placeOf(b));
}

function subtitle(run: RunView): string {
  const { dataset } = run.manifest;
  const took = run.endedAt ? `, ${formatDuration(Date.parse(run.endedAt) - Date.parse(run.startedAt))}` : '';
  return `${run.startedAt.slice(0, 10)}${took} · ${formatNumber(run.trialsDone)} of ${formatCounted(run.trialsTotal, 'trial')} · ${dataset.name}, ${formatNumber(dataset.eval)} images · ${processorsOf(run.manifest).join(', ')}`;
}

function shownText(
  run: RunView,
  { models, filter, only, onlyClear, sort, budget }: ReportView,
  rows: number,
): string | undefined {
  const shown = shownModels(run, models);
  const parts = [
    shown.length < run.models.length && `${formatNumber(shown.length)} of ${formatCounted(run.models.length, 'model')}`,
    filter.trim() !== '' && `recipes with “${filter.trim()}”`,
    only && `${formatNumber(rows)} of ${formatCounted(run.recipes.length, 'recipe')}, picked by hand`,
    onlyClear && 'recipes with a clear difference of time or top-1',
    sort && `sorted by ${metrics[sort.metric].title.toLowerCase()} of ${sort.model}`,
    isLimited(budget) && `budget ${budgetText(budget)}`,
  ].filter(Boolean);
  return parts.length > 0 ? `Shown: ${parts.join(', ')}` : undefined;
}
