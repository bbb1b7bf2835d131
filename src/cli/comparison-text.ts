import { absent, formatBytes, formatCounted, formatMs, formatNumber, percentDecimals } from '@shared/format';
import type { Comparison } from '@shared/presenter/comparison';
import type { JudgedPair } from '@shared/presenter/judge-pairs';
import { verdictSigns, verdictWords, type Verdict } from '@shared/presenter/verdict';
import type { ComparedRun, RunComparison } from '@shared/run-comparison';
import { textTable } from './text-table';
import { wrapText } from './wrap-text';

/** Two runs for a terminal: which they are, what keeps them apart, and the trials that differ. @param all every trial */
export function comparisonText(comparison: RunComparison, judged: readonly JudgedPair[], all: boolean): string {
  const { reference, candidate, warnings, facts, onlyReference, onlyCandidate } = comparison;
  const shown = judged.filter(({ differs }) => all || differs);
  const alike = judged.length - shown.length;
  const sections = [
    `A  ${sideText(reference)}\nB  ${sideText(candidate)}\n`,
    warnings.map((warning) => `${wrapText(`! ${warning}`, '  ')}\n`).join(''),
    facts.length > 0 && factTable(facts),
    shown.length > 0 && pairTable(shown),
    [
      alike > 0 && `${countText(alike)} no clear difference${all ? '' : '; --all shows them'}.\n`,
      onlyReference.length > 0 && `${wrapText(`Only in A: ${onlyReference.join(', ')}`, '  ')}\n`,
      onlyCandidate.length > 0 && `${wrapText(`Only in B: ${onlyCandidate.join(', ')}`, '  ')}\n`,
    ]
      .filter(Boolean)
      .join(''),
    legend(judged),
  ];
  return sections.filter(Boolean).join('\n');
}

const countText = (count: number): string => formatCounted(count, 'trial shows', 'trials show');

function sideText({ run, name, startedAt, source }: ComparedRun): string {
  return [name, startedAt.slice(0, 16).replace('T', ' '), run, ...(source === undefined ? [] : [source])].join(' · ');
}

function factTable(facts: RunComparison['facts']): string {
  const rows = facts.map(({ name, reference, candidate }) => [name, reference || absent, candidate || absent]);
  return textTable([{ title: 'differs' }, { title: 'A' }, { title: 'B' }], rows);
}

function pairTable(pairs: readonly JudgedPair[]): string {
  const targets = [...new Set(pairs.flatMap(({ times }) => times.map(({ measured }) => measured.target)))];
  const columns = [
    { title: 'trial' },
    { title: 'size A', align: 'right' as const },
    { title: 'B / A' },
    ...targets.map((target) => ({ title: `${target}, B / A [95 %]` })),
    { title: 'top-1 A', align: 'right' as const },
    { title: 'B', align: 'right' as const },
    { title: 'B − A [95 %]' },
  ];
  return textTable(
    columns,
    pairs.flatMap((pair) => rowsOf(pair, targets)),
  );
}

function rowsOf({ pair, size, answers, times }: JudgedPair, targets: readonly string[]): string[][] {
  const { reference, candidate, model } = pair;
  const name = reference.recipe === candidate.recipe ? candidate.recipe : `${reference.recipe} -> ${candidate.recipe}`;
  const steps = reference.recipeText === candidate.recipeText ? '' : ' (other steps)';
  const timeCells = targets.map((target) => {
    const time = times.find(({ measured }) => measured.target === target);
    if (!time) return absent;
    if (time.change) return changeText(time.change);
    if (time.measured.isSameMeasurement) return 'same measurement';
    const { reference: before, candidate: after, isSameSetting } = time.measured;
    return isSameSetting ? `${formatMs(before.p50Ms)}, then ${formatMs(after.p50Ms)}` : absent;
  });
  const sizes = [
    reference.sizeBytes === undefined ? absent : formatBytes(reference.sizeBytes),
    pair.isSameFile ? 'same file' : size ? `${size.sign} ${size.text}` : absent,
  ];
  const first = [`${model}/${name}${steps}`, ...sizes, ...timeCells];
  if (answers.length === 0) return [[...first, absent, absent, absent]];
  return answers.map(({ measured, change }, index) => {
    const decimals = percentDecimals(measured.n);
    const tops = [measured.reference, measured.candidate].map((top1) => formatNumber(top1, decimals));
    const basis = measured.isPaired ? '' : ', unpaired';
    const start = index === 0 ? first : [`  ${measured.runtime ?? ''}`, ...first.slice(1).map(() => '')];
    return [...start, ...tops, `${changeText(change)}${basis}`];
  });
}

const changeText = ({ sign, text, interval }: Comparison): string => `${sign} ${text}${interval ? ` ${interval}` : ''}`;

const keys: Verdict[] = ['gain', 'loss', 'same', 'unclear'];
function legend(judged: readonly JudgedPair[]): string {
  const hasTimes = judged.some(({ times }) => times.some(({ change }) => change));
  const hasMs = judged.some(({ times }) =>
    times.some(({ measured, change }) => !change && !measured.isSameMeasurement),
  );
  const lines = [
    keys.map((verdict) => `${verdictSigns[verdict]} ${verdictWords[verdict]}`).join('  '),
    ...(hasTimes
      ? ['Times are ratio over ratio: each run measured its trials beside its own baseline, which takes the day out.']
      : []),
    ...(hasMs
      ? ['Milliseconds of two runs were not interleaved: the machine may have changed by more than the model.']
      : []),
  ];
  return lines.map((line) => `${wrapText(line)}\n`).join('');
}
