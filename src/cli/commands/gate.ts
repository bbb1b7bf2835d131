import { hostname } from 'node:os';
import { formatCounted, formatNumber } from '@shared/format';
import { gateChecks, gateFails, type GateCheck, type GateLimits } from '@shared/presenter/gate';
import { compareRuns } from '../../main/engine/compare/compare-runs';
import { writeFileAtomic } from '../../main/engine/files/atomic-file';
import { usageError, type Arguments, type Command } from '../arguments';
import { runReferenceHelp, withComparedRuns } from '../compared-runs';
import { junitXml } from '../junit-xml';

export const gate: Command = {
  name: 'gate',
  usage: 'RUN',
  summary: 'for CI: exit code 1 where RUN is clearly worse than another by more than allowed',
  options: {
    against: { type: 'string', value: 'RUN', help: runReferenceHelp },
    'max-drop': { type: 'string', value: 'POINTS', help: 'top-1 may fall by so many points' },
    'max-slowdown': { type: 'string', value: 'SHARE', help: 'times may grow by this share, as in 5%' },
    'max-growth': { type: 'string', value: 'SHARE', help: 'files may grow by this share, as in 2%' },
    strict: { type: 'boolean', help: 'exit code 1 also where the intervals cannot tell' },
    junit: { type: 'string', value: 'FILE', help: 'write a JUnit XML report: a test case a trial and limit' },
    out: { type: 'string', value: 'DIR', help: 'the folder given to run --out, for runs named by their id' },
  },
  async run(arguments_) {
    const limits = limitsOf(arguments_);
    const against = arguments_.text('against');
    if (against === undefined) throw usageError(gate, '--against is missing: the run that this one is held against');
    const names = { reference: against, candidate: arguments_.positionals[0]! };
    const comparison = await withComparedRuns(arguments_, names, (reference, candidate) =>
      compareRuns(reference, candidate),
    );
    const checks = gateChecks(comparison, limits);
    const isStrict = arguments_.flag('strict');
    const hasFailed = gateFails(checks, isStrict);
    const junit = arguments_.text('junit');
    if (junit !== undefined) {
      const report = { comparison, checks, isStrict, hostname: hostname(), now: new Date() };
      await writeFileAtomic(junit, junitXml(report));
    }
    if (arguments_.flag('json')) {
      const { pairs: _, ...runs } = comparison;
      process.stdout.write(
        `${JSON.stringify({ ...runs, limits, strict: isStrict, failed: hasFailed, checks }, null, 2)}\n`,
      );
    } else process.stdout.write(gateText(checks, comparison.warnings, isStrict));
    return hasFailed ? 1 : 0;
  },
};

function limitsOf(arguments_: Arguments): GateLimits {
  const points = number(arguments_, 'max-drop', /^(\d+\.?\d*|\.\d+)$/, 'points of top-1, as in 0.5');
  const slowdown = share(arguments_, 'max-slowdown');
  const growth = share(arguments_, 'max-growth');
  const limits: GateLimits = {
    ...(points !== undefined && { maxDropPoints: points }),
    ...(slowdown !== undefined && { maxSlowdown: slowdown }),
    ...(growth !== undefined && { maxGrowth: growth }),
  };
  if (Object.keys(limits).length === 0)
    throw usageError(gate, 'nothing to check: give --max-drop, --max-slowdown or --max-growth');
  return limits;
}

/** "5%" or "0.05". */
function share(arguments_: Arguments, name: string): number | undefined {
  const value = number(arguments_, name, /^(\d+\.?\d*|\.\d+)%?$/, 'a share, as in 5% or 0.05');
  return value !== undefined && arguments_.text(name)!.endsWith('%') ? value / 100 : value;
}

function number(arguments_: Arguments, name: string, form: RegExp, takes: string): number | undefined {
  const text = arguments_.text(name);
  if (text === undefined) return undefined;
  if (!form.test(text)) throw usageError(gate, `--${name} takes ${takes}, not "${text}"`);
  return Number(text.replace('%', ''));
}

const words = { holds: 'ok', unsure: 'cannot tell', broken: 'BROKEN' } as const;

function gateText(checks: readonly GateCheck[], warnings: readonly string[], isStrict: boolean): string {
  const count = (outcome: GateCheck['outcome']): number => checks.filter((check) => check.outcome === outcome).length;
  const told = checks.filter(({ outcome }) => outcome !== 'holds');
  const [holds, unsure, broken] = [count('holds'), count('unsure'), count('broken')];
  const advice =
    unsure === 0
      ? ''
      : isStrict
        ? '; --strict counts what cannot be told as broken'
        : '; more images or session pairs would tell, and --strict counts that as broken';
  return [
    ...warnings.map((warning) => `! ${warning}`),
    ...told.map(({ model, name, outcome, sentence }) => `${words[outcome]}: ${model}/${name}: ${sentence}.`),
    `${formatNumber(broken)} of ${formatCounted(checks.length, 'check')} broken, ${formatNumber(unsure)} cannot be told, ${formatNumber(holds)} hold${advice}.`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}
