import type { StepView, TrialView } from '@shared/run';
import { sentenceFor, withoutCommands } from '@shared/errors';
import { metrics, type MetricId, type MetricSource } from '@shared/presenter/metrics';
import type { Reading, RunPresentation } from '@shared/presenter/reading';
import { referenceName } from '@shared/presenter/rows';

export type CellState = 'value' | 'waiting' | 'running' | 'failed' | 'interrupted' | 'cancelled' | 'skipped' | 'none';

/** What one cell shows: a reading, or why there is none. */
export interface Cell {
  metric: MetricId;
  state: CellState;
  reading?: Reading;
  /** A word in place of the value; said once in a group, the other cells stay quiet. */
  label: string;
  /** The whole sentence, for hover, focus and screen readers. */
  description: string;
  /** What happened and why, where the network no longer works. */
  collapsed?: string;
}

const stepsOf: Record<MetricSource, StepView['kind'][]> = {
  file: ['compress', 'describe'],
  accuracy: ['evaluate'],
  latency: ['measure'],
};
/** Where a trial has no figures on a target, since that takes networks in integers alone. */
const notInteger = 'not int8';
const runningWord: Record<MetricSource, string> = { file: 'compressing', accuracy: 'evaluating', latency: 'measuring' };

function stateWithoutValue(trial: TrialView, source: MetricSource): CellState {
  const steps = trial.steps.filter((step) => stepsOf[source].includes(step.kind));
  if (trial.status === 'done') return 'none';
  if (trial.status !== 'running') return trial.status;
  if (steps.some((step) => step.status === 'failed')) return 'failed';
  if (steps.some((step) => step.status === 'running')) return 'running';
  // A finished step that left no value has none to give: images without labels have no top-1.
  return steps.length > 0 && steps.every((step) => step.status === 'done') ? 'none' : 'waiting';
}

function describeReading(metric: MetricId, reading: Reading, reference: string): string {
  const { title, unit } = metrics[metric];
  const parts = [`${title} ${reading.text}${reading.spread ? ` ${reading.spread}` : ''} ${unit} (${reading.basis})`];
  if (reading.change) {
    const { text, interval, direction, verdict, words } = reading.change;
    const beside = verdict === 'control' ? 'itself' : reference;
    const exactlySame = !interval && direction === 'same' && text === 'same';
    parts.push(
      exactlySame ? `same as ${reference}` : `${text} against ${beside}${interval ? ` ${interval}` : ''}: ${words}`,
    );
  }
  if (reading.ranIn) parts.push(`in ${reading.ranIn}, since the target takes networks in integers alone`);
  if (reading.whenMeasured) parts.push(reading.whenMeasured);
  if (reading.disturbed) parts.push(reading.disturbed);
  return parts.join('; ');
}

function describeAbsence(trial: TrialView, state: CellState, source: MetricSource): string {
  switch (state) {
    case 'failed':
      return trial.error ? withoutCommands(sentenceFor(trial.error)) : 'This trial failed; its log tells why.';
    case 'running':
      return `${runningWord[source]} now`;
    case 'waiting':
      return 'waiting for its turn';
    case 'interrupted':
      return 'interrupted; it is tried again when the run is resumed';
    case 'cancelled':
      return 'cancelled before it was measured';
    case 'skipped':
      return 'skipped; it can be run when the run is resumed';
    default:
      return 'not measured';
  }
}

function labelFor(state: CellState, source: MetricSource): string {
  if (state === 'running') return `${runningWord[source]}…`;
  return ['failed', 'interrupted', 'cancelled', 'skipped'].includes(state) ? state : '';
}

/** An adjusted p-value changes with every trial that is measured; a cell does not show it and stays the same. */
function withoutP({ change, ...reading }: Reading): Reading {
  if (!change) return reading;
  const { adjustedP: _, ...shown } = change;
  return { ...reading, change: shown };
}

/** The cells of one trial for the metrics that are shown, in their order. */
export function trialCells(
  trial: TrialView | undefined,
  shown: readonly MetricId[],
  { read, baselineOf, lacking }: Pick<RunPresentation, 'read' | 'baselineOf' | 'lacking'>,
  target: string,
): Cell[] {
  let said = '';
  return shown.map((metric): Cell => {
    if (!trial) return { metric, state: 'none', label: '', description: 'not part of this run' };
    const reading = read(metric, trial, target);
    if (reading) {
      const collapsed = metric === 'top1' ? trial.collapsed : undefined;
      const description = `${describeReading(metric, reading, referenceName(baselineOf(trial.model)))}${collapsed ? `; collapsed: ${collapsed}` : ''}`;
      return { metric, state: 'value', reading: withoutP(reading), label: '', description, collapsed };
    }
    const { source } = metrics[metric];
    const reason = lacking(trial, target);
    const state = reason ? 'none' : stateWithoutValue(trial, source);
    const label = reason ? notInteger : labelFor(state, source);
    const isRepeated = label === said;
    said = label || said;
    const description = reason ? withoutCommands(sentenceFor(reason)) : describeAbsence(trial, state, source);
    return { metric, state, label: isRepeated ? '' : label, description };
  });
}
