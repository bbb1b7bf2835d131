import { AppError } from '../errors';
import type { Budget } from './budget';

const byteUnits: Record<string, number> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

interface Limit {
  field: keyof Budget;
  /** What a limit is written like, for messages. */
  example: string;
  /** undefined where the text is none. */
  read: (number: number, unit: string) => number | undefined;
  range: string;
  isInRange: (value: number) => boolean;
}

const limits: Record<string, Limit> = {
  drop: {
    field: 'maxDropPoints',
    example: 'drop<=1',
    read: (number, unit) => (['', 'point', 'points', 'pp', 'pt'].includes(unit) ? number : undefined),
    range: 'takes 0 to 100 points of top-1',
    isInRange: (points) => points >= 0 && points <= 100,
  },
  size: {
    field: 'maxBytes',
    example: 'size<=2MB',
    read: (number, unit) => (unit in byteUnits ? Math.floor(number * byteUnits[unit]! + 1e-6) : undefined),
    range: 'takes 1 B to 1 TB, with its unit',
    isInRange: (bytes) => bytes >= 1 && bytes <= 1e12,
  },
  time: {
    field: 'maxLatencyRatio',
    example: 'time<=0.5',
    read: (number, unit) => (unit === '%' ? number / 100 : ['', 'x', '×'].includes(unit) ? number : undefined),
    range: "takes a share of the baseline's time, more than 0 and up to 100: 0.5 or 50%",
    isInRange: (ratio) => ratio > 0 && ratio <= 100,
  },
};
const aliases: Record<string, string> = { loss: 'drop', bytes: 'size', latency: 'time' };

/**
 * A budget as people type it: "drop<=1, size<=2MB, time<=0.5". Each limit at most once, in any order.
 * @throws `budget.invalid` with the first thing that is wrong
 */
export function parseBudget(text: string): Budget {
  const fail = (detail: string): never => {
    throw new AppError('budget.invalid', { text: text.length > 200 ? `${text.slice(0, 200)}…` : text, detail });
  };
  const budget: Budget = {};
  const parts = text.split(/[,;]/).map((part) => part.trim());
  if (parts.length === 1 && parts[0] === '') fail('it is empty');
  for (const part of parts) {
    const [, word = '', sign = '', value = ''] = /^([a-z]*)\s*(<=|≤|[<>=:≥]+)?\s*(.*)$/i.exec(part)!;
    const limit = limits[aliases[word.toLowerCase()] ?? word.toLowerCase()];
    if (!limit) return fail(`"${part}" is no limit; it knows drop, size and time`);
    if (sign !== '<=' && sign !== '≤') return fail(`"${part}" needs "<=", as in ${limit.example}`);
    const [, digits, unit = ''] = /^[x×]?\s*(\d+\.?\d*|\.\d+)\s*([a-z%×]*)$/i.exec(value) ?? [];
    const number = digits === undefined ? undefined : limit.read(Number(digits), unit.toLowerCase());
    if (number === undefined) return fail(`"${part}" cannot be read; ${word.toLowerCase()} ${limit.range}`);
    if (!limit.isInRange(number)) return fail(`"${part}" is out of range; ${word.toLowerCase()} ${limit.range}`);
    if (budget[limit.field] !== undefined) return fail(`${word.toLowerCase()} is limited twice`);
    budget[limit.field] = number;
  }
  return budget;
}

/** The text that `parseBudget` reads as this budget; empty without limits. */
export function formatBudget({ maxDropPoints, maxBytes, maxLatencyRatio }: Budget): string {
  const bytes = maxBytes !== undefined && maxBytes % 1000 === 0 ? `${decimal(maxBytes / 1e6)}MB` : `${maxBytes}B`;
  return [
    maxDropPoints !== undefined && `drop<=${decimal(maxDropPoints)}`,
    maxBytes !== undefined && `size<=${bytes}`,
    maxLatencyRatio !== undefined && `time<=${decimal(maxLatencyRatio)}`,
  ]
    .filter((part) => part !== false)
    .join(', ');
}

/** Without an exponent, which `parseBudget` does not read. */
const decimal = (value: number): string => value.toFixed(9).replace(/\.?0+$/, '');
