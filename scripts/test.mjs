// `npm test`: everything, from a fresh checkout. Stops at the first stage that fails.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, main, npm, projectDir, runInherited } from './ensure.mjs';
import { ensureRuntimes, runtimesDir } from './get-runtimes.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

const reportDir = join(projectDir, '.cache', 'test-reports');
const report = (stage) => join(reportDir, `${stage}.json`);
const vitestReporters = (stage) => ['--reporter=default', '--reporter=json', `--outputFile.json=${report(stage)}`];

// One thread, as long as all that stands before its turn: it begins with the first stage.
const lint = { name: 'lint', script: 'lint' };
const stages = [
  { name: 'format', script: 'format:check' },
  { name: 'types', script: 'types' },
  { name: 'boundaries', script: 'boundaries' },
  { name: 'unused', script: 'unused' },
  { name: 'unit', script: 'test:unit', args: vitestReporters('unit'), counts: vitestCounts },
  lint,
  { name: 'engine', script: 'test:engine', args: vitestReporters('engine'), counts: vitestCounts },
  { name: 'e2e', script: 'test:e2e', args: ['--reporter=list,json'], counts: playwrightCounts },
];

await main(async () => {
  rmSync(reportDir, { recursive: true, force: true });
  mkdirSync(reportDir, { recursive: true });
  const total = { passed: 0, failed: 0, skipped: 0 };
  let isGood = await timed('system packages', ensureSystemPackages);
  isGood &&= await timed('install', async () => void (await ensureInstalled()));
  isGood &&= await timed('build', async () => void (await ensureBuilt()));
  isGood &&= await timed('runtimes', async () => void (await ensureRuntimes()));
  process.env.WHITTLE_RUNTIMES ??= runtimesDir;
  const leave = new AbortController();
  const early = isGood && new Map([[lint, runBeside(lint, leave.signal)]]);
  for (const stage of stages) {
    if (!isGood) break;
    isGood = await timed(stage.name, () => early.get(stage)?.() ?? runStage(stage));
    for (const [outcome, count] of Object.entries(readCounts(stage, isGood))) total[outcome] += count;
  }
  leave.abort();
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return isGood ? 0 : 1;
});

/** Prints a head line and the elapsed time around a stage; true if it succeeded. */
async function timed(name, task) {
  console.log(`\n== ${name}`);
  const startedAtMs = performance.now();
  let code;
  try {
    code = (await task()) ?? 0;
  } catch (error) {
    console.log(error.message);
    code = 1;
  }
  const elapsedS = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  console.log(`== ${name}: ${code === 0 ? 'ok' : 'FAILED'} in ${elapsedS} s`);
  return code === 0;
}

function runStage({ name, script, args = [] }) {
  const env = { ...process.env, PLAYWRIGHT_JSON_OUTPUT_FILE: report(name) };
  return npm(['run', '--silent', script, '--', ...args], { env, start: runInherited });
}

/** Starts a stage beside others; what it printed, and its exit code, when it is asked for. */
function runBeside({ script }, signal) {
  const running = npm(['run', '--silent', script], { signal }).catch(({ message }) => ({ code: 1, output: message }));
  return async () => {
    const { code, output } = await running;
    if (output) console.log(output);
    return code;
  };
}

function readCounts({ name, counts }, isGood) {
  if (counts === undefined) return {};
  let found;
  try {
    found = counts(JSON.parse(readFileSync(report(name), 'utf8')));
  } catch {
    found = { passed: 0, failed: 0, skipped: 0 };
  }
  // A runner that broke down before its first test still failed something.
  if (!isGood && found.failed === 0) found.failed = 1;
  return found;
}

function vitestCounts({ numPassedTests, numFailedTests, numPendingTests, numTodoTests }) {
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
}

function playwrightCounts({ stats: { expected, flaky, unexpected, skipped } }) {
  return { passed: expected + flaky, failed: unexpected, skipped };
}
