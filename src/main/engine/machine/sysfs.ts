import { readdir, readFile } from 'node:fs/promises';

/** Names in a folder of sysfs in the order of their numbers; none where it is not there. */
export async function entriesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** The text of an attribute without its end of line; undefined where it is absent or may not be read. */
export async function attribute(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

/** The same of a number. */
export async function numberAttribute(path: string): Promise<number | undefined> {
  const text = await attribute(path);
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}
