import { createHmac, timingSafeEqual } from 'node:crypto';
import type { z } from 'zod';

const macBytes = 32;

/** What was received and not obeyed. */
export class Rejected extends Error {
  constructor(readonly reason: 'signature' | 'content') {
    super(reason === 'signature' ? 'its signature is wrong' : 'it does not hold what it should');
  }
}

/** Messages between machines that share a key: HMAC-SHA256 over subject and body, then the body, JSON. A message is good for its subject alone. */
export class Seal {
  constructor(private readonly key: Uint8Array) {}

  close(subject: string, value: unknown): Uint8Array {
    const body = Buffer.from(JSON.stringify(value));
    return Buffer.concat([this.mac(subject, body), body]);
  }

  /** Throws `Rejected`. */
  open<T>(subject: string, bytes: Uint8Array, schema: z.ZodType<T>): T {
    const given = bytes.subarray(0, macBytes);
    const body = bytes.subarray(macBytes);
    if (given.length !== macBytes || !timingSafeEqual(given, this.mac(subject, body))) throw new Rejected('signature');
    let value: unknown;
    try {
      value = JSON.parse(Buffer.from(body).toString('utf8'));
    } catch {
      throw new Rejected('content');
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw new Rejected('content');
    return parsed.data;
  }

  private mac(subject: string, body: Uint8Array): Buffer {
    return createHmac('sha256', this.key).update(subject).update('\0').update(body).digest();
  }
}
