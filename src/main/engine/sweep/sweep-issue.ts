import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** What is wrong with a sweep, and where: keys from the top, and words that complete a sentence. */
export interface SweepProblem {
  path: PropertyKey[];
  detail: string;
}

/** Inside a union zod reports one list of issues for each alternative: the one that went deepest is the one meant. */
export function problemOf(issue: Issue): SweepProblem {
  if (issue.code !== 'invalid_union') return { path: issue.path, detail: wording(issue) };
  const inner = issue.errors.flat().sort((a, b) => depth(b) - depth(a))[0];
  if (!inner || depth(inner) <= 0) return { path: issue.path, detail: issue.message };
  return problemOf({ ...inner, path: [...issue.path, ...inner.path] });
}

/** A missing or an unknown key only says that another alternative was meant. */
function depth(issue: Issue): number {
  const isOfAnother = issue.code === 'unrecognized_keys' || isMissing(issue);
  return issue.path.length - (isOfAnother ? 1 : 0);
}

function isMissing(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
}

/** Kinds of values in the words of people who write YAML, by zod's names. */
const kinds: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'names with values',
  record: 'names with values',
  null: 'nothing',
};

function wording(issue: Issue): string {
  if (issue.code === 'unrecognized_keys') return `"${issue.keys.join('", "')}" is not known here; check the spelling`;
  if (isMissing(issue)) return 'it is missing';
  if (issue.code === 'invalid_key') return `its name is not valid (${wording(issue.issues[0]!)})`;
  if (issue.code !== 'invalid_type') return issue.message;
  const received = /received (\w+)$/.exec(issue.message)?.[1] ?? '';
  return `expected ${kinds[issue.expected] ?? issue.expected}, found ${kinds[received] ?? (received || 'something else')}`;
}
