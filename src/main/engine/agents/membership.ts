import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '@shared/errors';
import { serverProblem, shownServer } from '@shared/server-address';
import { writeError, writeFileAtomic } from '../files/atomic-file';

const keyBytes = 32;
const serverSchema = z
  .string()
  .max(500)
  .regex(/^(nats|tls|ws|wss):\/\/[^\s\p{Cc}\p{Cf}/]+$/u);

/** Which machines work together: they share a key, and a server that they meet on. */
const membershipSchema = z.strictObject({
  server: serverSchema,
  key: z.string().regex(/^[\w-]{43}$/),
  /** Files of this machine: certificate of the authority that signed the server's, and NATS credentials. */
  tlsCa: z.string().max(4096).optional(),
  credentials: z.string().max(4096).optional(),
});
export type Membership = z.infer<typeof membershipSchema>;

const pathIn = (folder: string): string => join(folder, 'agents.json');

/** @param folder of the person's settings. Undefined: this machine was never joined. Throws `agents.membership`. */
export function readMembership(folder: string): Membership | undefined {
  const path = pathIn(folder);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
    closeToOthers(path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AppError('agents.membership', { path }, { cause: thrown });
  }
  try {
    return membershipSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError('agents.membership', { path }, { cause });
  }
}

/** A copy or a backup may have made it readable for everybody. */
function closeToOthers(path: string): void {
  try {
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  } catch {
    // Of another person, or on a disk that is read alone.
  }
}

/** Keeps it where only this person may read it. Throws `output.disk-full`, `output.unwritable`. */
export async function keepMembership(folder: string, membership: Membership): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((thrown: unknown) => {
    throw writeError(folder, thrown);
  });
  const path = pathIn(folder);
  const mask = process.umask(0o077);
  try {
    await writeFileAtomic(path, `${JSON.stringify(membership, null, 2)}\n`);
  } finally {
    process.umask(mask);
  }
  await chmod(path, 0o600);
}

/** The membership for a server: the key stays what it is. Throws `agents.server`. */
export function membershipFor(server: string, known?: Membership): Membership {
  if (!serverSchema.safeParse(server).success || serverProblem(server) !== undefined)
    throw new AppError('agents.server', { server: shownServer(server) });
  return { ...known, server, key: known?.key ?? randomBytes(keyBytes).toString('base64url') };
}

export const keyOf = ({ key }: Membership): Uint8Array => Buffer.from(key, 'base64url');

const codeSchema = z.strictObject({ s: serverSchema, k: z.string().regex(/^[\w-]{43}$/) });
const checkBytes = 4;
const checksum = (body: Uint8Array): Buffer => createHash('sha256').update(body).digest().subarray(0, checkBytes);

/** What the other machine is told: server and key. Whoever reads it can give this machine work, so it is passed on like a password. */
export function joinCode({ server, key }: Membership): string {
  const body = Buffer.from(JSON.stringify({ s: server, k: key }));
  return `whittle-${Buffer.concat([checksum(body), body]).toString('base64url')}`;
}

/** Throws `agents.code`. */
export function readJoinCode(code: string): Pick<Membership, 'server' | 'key'> {
  const bytes = Buffer.from(code.trim().replace(/^whittle-/, ''), 'base64url');
  const body = bytes.subarray(checkBytes);
  if (!checksum(body).equals(bytes.subarray(0, checkBytes))) throw new AppError('agents.code');
  try {
    const { s: server, k: key } = codeSchema.parse(JSON.parse(body.toString('utf8')));
    return { server, key };
  } catch (cause) {
    throw new AppError('agents.code', {}, { cause });
  }
}
