import { AppError } from './errors';

const units = { b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 };

/** "20GB", "1.5 TB", "512 MiB" or plain bytes, as a whole number of bytes. @throws `usage` */
export function parseByteSize(text: string): number {
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const factor = units[(unit || 'b').toLowerCase() as keyof typeof units] as number | undefined;
  const bytes = Math.round(Number(number) * (factor ?? NaN));
  if (number === undefined || !Number.isSafeInteger(bytes))
    throw new AppError('usage', { detail: `"${text}" is no size: give a number with a unit, as in 20GB` });
  return bytes;
}
