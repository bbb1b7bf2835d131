import type { RunComparison } from '@shared/run-comparison';
import type { GateCheck } from '@shared/presenter/gate';

/** What a test report says of a gate beside its checks. */
export interface GateRun {
  comparison: Pick<RunComparison, 'candidate' | 'reference' | 'warnings'>;
  checks: readonly GateCheck[];
  /** What cannot be told fails; else it is skipped. */
  isStrict: boolean;
  hostname: string;
  now: Date;
}

/**
 * The gate as JUnit XML, in the form that both the schema of Ant's JUnit task and that of Jenkins' xUnit plugin take: a suite a network,
 * a test case a limit and trial, checks that cannot be told skipped with their sentence.
 */
export function junitXml({ comparison, checks, isStrict, hostname, now }: GateRun): string {
  const models = [...new Set(checks.map(({ model }) => model))];
  // Both schemas want a time without a zone.
  const timestamp = now.toISOString().slice(0, 19);
  const suites = models.map((model, id) => {
    const own = checks.filter((check) => check.model === model);
    const failures = own.filter(({ outcome }) => fails(outcome, isStrict)).length;
    const skipped = own.filter(({ outcome }) => outcome === 'unsure' && !isStrict).length;
    const attributes = attributesOf({
      id,
      package: 'whittle',
      name: model,
      timestamp,
      hostname,
      tests: own.length,
      failures,
      errors: 0,
      skipped,
      time: 0,
    });
    const out = [`${comparison.candidate.name} against ${comparison.reference.name}`, ...comparison.warnings].join(
      '\n',
    );
    return `  <testsuite ${attributes}>
    <properties>
      <property ${attributesOf({ name: 'run', value: comparison.candidate.run })}/>
      <property ${attributesOf({ name: 'against', value: comparison.reference.run })}/>
    </properties>
${own.map((check) => testCase(check, isStrict)).join('')}    <system-out>${escapeXml(out)}</system-out>
    <system-err></system-err>
  </testsuite>
`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('')}</testsuites>\n`;
}

const fails = (outcome: GateCheck['outcome'], isStrict: boolean): boolean =>
  outcome === 'broken' || (outcome === 'unsure' && isStrict);

function testCase({ model, name, outcome, sentence }: GateCheck, isStrict: boolean): string {
  const start = `    <testcase ${attributesOf({ name, classname: model, time: 0 })}`;
  if (fails(outcome, isStrict)) {
    const type = outcome === 'broken' ? 'limit' : 'cannot-tell';
    return `${start}>\n      <failure ${attributesOf({ message: sentence, type })}>${escapeXml(sentence)}</failure>\n    </testcase>\n`;
  }
  if (outcome === 'unsure')
    return `${start}>\n      <skipped ${attributesOf({ message: `cannot tell: ${sentence}` })}/>\n    </testcase>\n`;
  return `${start}/>\n`;
}

const attributesOf = (attributes: Record<string, string | number>): string =>
  Object.entries(attributes)
    .map(([name, value]) => `${name}="${escapeXml(String(value))}"`)
    .join(' ');

/** Text for XML 1.0: characters it does not know are dropped, whatever stands in a name. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
