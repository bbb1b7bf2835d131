import { closeSync, openSync, readSync } from 'node:fs';

/** A tensor whose elements lie in another file. */
export interface ExternalReference {
  tensor: string;
  /** As the file says it: a path relative to the model's folder. */
  location: string;
}

/** Messages of onnx.proto that lead to tensors, and their fields that lead on: field number -> message. */
const descent: Record<string, Record<number, string>> = {
  model: { 7: 'graph', 25: 'function' },
  function: { 7: 'node' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph' },
  tensor: { 8: 'text', 13: 'entry' },
  entry: { 1: 'text', 2: 'text' },
};
const dataLocationField = 14;
const external = 1;
const nameField = 8;
const [keyField, valueField] = [1, 2];
/** Subgraphs within subgraphs; deeper ones are no model anybody wrote. */
const deepest = 100;
const longestText = 4096;

/** Reads a file in windows, so that weights are stepped over and not read. */
class WindowedFile {
  private readonly window = Buffer.alloc(1 << 16);
  private start = 0;
  private length = 0;

  constructor(private readonly file: number) {}

  /** The byte at `position`, or undefined behind the end. */
  byte(position: number): number | undefined {
    if (position < this.start || position >= this.start + this.length) {
      this.start = position;
      this.length = readSync(this.file, this.window, 0, this.window.length, position);
    }
    return this.length > 0 ? this.window[position - this.start] : undefined;
  }

  text(position: number, length: number): string {
    const bytes = Buffer.alloc(Math.min(length, longestText));
    return bytes.toString('utf8', 0, readSync(this.file, bytes, 0, bytes.length, position));
  }
}

/** Where a file is not what protobuf allows: whoever loads it says so. */
class NotProtobuf extends Error {}

class Scanner {
  readonly found: ExternalReference[] = [];

  constructor(private readonly file: WindowedFile) {}

  private varint(position: number): { value: number; end: number } {
    let value = 0;
    for (let index = 0; index < 10; index++) {
      const byte = this.file.byte(position + index);
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return { value, end: position + index + 1 };
    }
    throw new NotProtobuf();
  }

  /** Calls `visit` for each field between `position` and `end`; of fields with a length, `value` is that and `at` where they begin. */
  private fields(
    position: number,
    end: number,
    visit: (field: { number: number; hasLength: boolean; value: number; at: number }) => void,
  ): void {
    while (position < end) {
      const tag = this.varint(position);
      const [number, wireType] = [Math.floor(tag.value / 8), tag.value % 8];
      if (wireType === 1 || wireType === 5) {
        position = tag.end + (wireType === 1 ? 8 : 4);
        continue;
      }
      if (wireType !== 0 && wireType !== 2) throw new NotProtobuf();
      const { value, end: at } = this.varint(tag.end);
      const hasLength = wireType === 2;
      visit({ number, hasLength, value, at });
      position = hasLength ? at + value : at;
    }
  }

  message(kind: string, position: number, end: number, depth = 0): void {
    if (depth > deepest) throw new NotProtobuf();
    if (kind === 'tensor') return this.tensor(position, end);
    this.fields(position, end, ({ number, hasLength, value, at }) => {
      const inner = descent[kind]?.[number];
      if (inner && hasLength) this.message(inner, at, at + value, depth + 1);
    });
  }

  private tensor(position: number, end: number): void {
    let [tensor, isExternal] = ['', false];
    // The first counts, as where the weights are read.
    let location: string | undefined;
    this.fields(position, end, ({ number, hasLength, value, at }) => {
      if (number === dataLocationField && !hasLength) isExternal = value === external;
      if (number === nameField && hasLength) tensor = this.file.text(at, value);
      if (hasLength && descent['tensor']![number] === 'entry') location ??= this.locationOf(at, at + value);
    });
    if (isExternal) this.found.push({ tensor, location: location ?? '' });
  }

  private locationOf(position: number, end: number): string | undefined {
    const entry = new Map<number, string>();
    this.fields(position, end, ({ number, hasLength, value, at }) => {
      if (hasLength) entry.set(number, this.file.text(at, value));
    });
    return entry.get(keyField) === 'location' ? (entry.get(valueField) ?? '') : undefined;
  }
}

/**
 * The tensors of an ONNX file that lie in other files, the first for each location. Steps over weights, so that it takes the same time
 * for a large file. Of what is not an ONNX file at all: none, or those found up to where it goes wrong.
 * Throws the file system's error where `path` cannot be opened.
 */
export function externalReferences(path: string): ExternalReference[] {
  const file = openSync(path, 'r');
  try {
    const scanner = new Scanner(new WindowedFile(file));
    try {
      scanner.message('model', 0, Number.MAX_SAFE_INTEGER);
    } catch (thrown) {
      // Also how the end of the file shows: no field begins there.
      if (!(thrown instanceof NotProtobuf)) throw thrown;
    }
    return [...new Map(scanner.found.toReversed().map((one) => [one.location, one])).values()].reverse();
  } finally {
    closeSync(file);
  }
}
