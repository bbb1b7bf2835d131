import { isUtf8 } from 'node:buffer';

/** What a column holds as JSON; undefined where that is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What a text column holds that was read as a BLOB; undefined where that is no UTF-8: the binding ends the process that reads one as a text. */
export function textOf(bytes: Uint8Array | ArrayBuffer): string | undefined {
  const buffer = bytes instanceof ArrayBuffer ? Buffer.from(bytes) : bytes;
  return isUtf8(buffer) ? Buffer.from(buffer).toString('utf8') : undefined;
}
