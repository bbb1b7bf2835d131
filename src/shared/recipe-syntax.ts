import { AppError } from './errors';
import type { Recipe, RecipeStep } from './recipe';

/**
 * A recipe as people type it: `prune.magnitude{amount:0.5, scope:global} | quantize.static`.
 * Values are numbers, true, false, null, words, "quoted text" (as in JSON), lists `[1, 2]` and groups `{a:1}`. The empty
 * text is the recipe without steps, the baseline.
 */
const wordPattern = /[A-Za-z_][\w.\-/]*/y;
const numberPattern = /-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const textPattern = /"(?:[^"\\]|\\.)*"/y;
const maximumDepth = 8;
const maximumLength = 10_000;

class Reader {
  private position = 0;
  constructor(private readonly text: string) {}

  fail(detail: string, position = this.position): never {
    throw new AppError('recipe.syntax', { text: shorten(this.text), position: position + 1, detail });
  }

  skipSpace(): void {
    while (/\s/.test(this.text[this.position] ?? '')) this.position++;
  }

  get atEnd(): boolean {
    this.skipSpace();
    return this.position >= this.text.length;
  }

  /** What stands at the reading position, for messages. */
  get found(): string {
    return this.atEnd ? 'the end' : `"${String.fromCodePoint(this.text.codePointAt(this.position)!)}"`;
  }

  take(symbol: string): boolean {
    this.skipSpace();
    if (this.text[this.position] !== symbol) return false;
    this.position++;
    return true;
  }

  expect(symbol: string, where: string): void {
    if (!this.take(symbol)) this.fail(`expected "${symbol}" ${where}, found ${this.found}`);
  }

  match(pattern: RegExp): string | undefined {
    this.skipSpace();
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text)?.[0];
    if (match !== undefined) this.position += match.length;
    return match;
  }

  private quoted(): string | undefined {
    this.skipSpace();
    const start = this.position;
    const text = this.match(textPattern);
    if (text === undefined)
      return this.text[start] === '"' ? this.fail('the quotation mark is never closed') : undefined;
    try {
      return JSON.parse(text) as string;
    } catch {
      return this.fail('the quoted text has an unknown escape', start);
    }
  }

  name(what: string): string {
    return this.match(wordPattern) ?? this.quoted() ?? this.fail(`expected ${what}, found ${this.found}`);
  }

  private value(depth: number): unknown {
    if (depth > maximumDepth) this.fail('too many brackets inside each other');
    if (this.take('{')) return this.group(depth + 1);
    if (this.take('[')) return this.list(depth + 1);
    const quoted = this.quoted();
    if (quoted !== undefined) return quoted;
    const number = this.match(numberPattern);
    if (number !== undefined) {
      if (/[\w.]/.test(this.text[this.position] ?? ''))
        this.fail(`"${number}" is followed by letters; put the text in quotation marks`);
      return Number(number);
    }
    const word = this.match(wordPattern);
    if (word === undefined) this.fail(`expected a value, found ${this.found}`);
    return word === 'true' ? true : word === 'false' ? false : word === 'null' ? null : word;
  }

  private list(depth: number): unknown[] {
    const items: unknown[] = [];
    if (this.take(']')) return items;
    do items.push(this.value(depth));
    while (this.take(','));
    this.expect(']', 'at the end of the list');
    return items;
  }

  /** The parameters after `{`, and the closing brace. */
  group(depth: number): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    if (this.take('}')) return {};
    do {
      this.skipSpace();
      const start = this.position;
      const key = this.name('the name of a parameter');
      if (entries.has(key)) this.fail(`"${key}" is given twice`, start);
      this.expect(':', `after "${key}"`);
      entries.set(key, this.value(depth));
    } while (this.take(','));
    this.expect('}', 'after the parameters');
    // Object.fromEntries defines "__proto__" as an ordinary key instead of setting the prototype.
    return Object.fromEntries(entries);
  }
}

const shorten = (text: string): string => (text.length > 200 ? `${text.slice(0, 199)}…` : text);

/** Reads a recipe. Throws `recipe.syntax` with the position of the first character that does not fit, counted from 1. */
export function parseRecipe(text: string): Recipe {
  const reader = new Reader(text);
  if (text.length > maximumLength) reader.fail(`the recipe is longer than ${maximumLength} characters`, 0);
  if (reader.atEnd) return [];
  const steps: RecipeStep[] = [];
  do {
    const technique = reader.name('a technique');
    steps.push({ technique, params: reader.take('{') ? reader.group(0) : {} });
  } while (reader.take('|'));
  if (!reader.atEnd) reader.fail(`expected "|" and the next step, found ${reader.found}`);
  return steps;
}

const isWord = (text: string): boolean =>
  /^[A-Za-z_][\w.\-/]*$/.test(text) && !['true', 'false', 'null'].includes(text);
const formatText = (text: string): string => (isWord(text) ? text : JSON.stringify(text));

/** A parameter's value as `parseRecipe` reads it. */
export function formatValue(value: unknown): string {
  if (typeof value === 'string') return formatText(value);
  if (Array.isArray(value)) return `[${value.map(formatValue).join(', ')}]`;
  if (typeof value === 'object' && value !== null) return formatGroup(value as Record<string, unknown>);
  return JSON.stringify(value) ?? 'null';
}

function formatGroup(group: Record<string, unknown>): string {
  const entries = Object.entries(group).filter(([, value]) => value !== undefined);
  return `{${entries.map(([key, value]) => `${formatText(key)}:${formatValue(value)}`).join(', ')}}`;
}

/** The text `parseRecipe` reads back to the same recipe; '' for the baseline. */
export function formatRecipe(recipe: Recipe): string {
  return recipe
    .map(({ technique, params }) => {
      const group = formatGroup(params);
      return formatText(technique) + (group === '{}' ? '' : group);
    })
    .join(' | ');
}
