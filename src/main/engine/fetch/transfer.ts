import { AppError } from '@shared/errors';

const redirectLimit = 5;
const redirects = [301, 302, 303, 307, 308];

export interface TransferOptions {
  /** First byte that is wanted. */
  from: number;
  /** What the server called the version of which `from` bytes are here: another one is sent from its start. */
  etag?: string;
  /** Without a byte for this long the connection counts as dropped. */
  idleMs: number;
  signal?: AbortSignal;
}

/** An answer whose body has not been read yet. */
export interface Transfer {
  status: number;
  headers: Headers;
  /** Rejects where the connection drops, stays silent for `idleMs`, or the caller's signal aborts. */
  body: AsyncIterable<Uint8Array>;
  close(): void;
}

/**
 * Asks for a file, or for its rest. Only https is spoken; http only to this machine, and only where the address itself says so, so
 * that no redirect leads there.
 * Throws `download.insecure`; network failures come as they are.
 */
export async function openTransfer(address: string, options: TransferOptions): Promise<Transfer> {
  const wire = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, wire.signal]) : wire.signal;
  const idle = idleTimer(options.idleMs, () => wire.abort(new Error('no answer for a while')));
  // Compressed on the way, a part would not be the file's part.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (options.from > 0) headers.range = `bytes=${options.from}-`;
  if (options.from > 0 && options.etag) headers['if-range'] = options.etag;
  try {
    const { status, headers: said, body } = await followed(new URL(address), headers, signal);
    return {
      status,
      headers: said,
      body: watched(body, idle),
      close: () => {
        idle.stop();
        wire.abort();
      },
    };
  } catch (thrown) {
    idle.stop();
    throw thrown;
  }
}

async function followed(first: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  let address = first;
  const mayBeLocal = isLocal(first);
  for (let step = 0; step <= redirectLimit; step++) {
    if (address.protocol !== 'https:' && !(mayBeLocal && isLocal(address)))
      throw new AppError('download.insecure', { url: first.href, to: address.origin });
    const response = await fetch(address, { redirect: 'manual', headers, signal });
    const location = redirects.includes(response.status) ? response.headers.get('location') : null;
    if (location === null) return response;
    await response.body?.cancel();
    address = new URL(location, address);
  }
  throw new Error(`more than ${redirectLimit} redirects`);
}

/** Plain http to this machine: tests, and mirrors somebody runs here. */
function isLocal({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}

async function* watched(
  body: Response['body'],
  idle: ReturnType<typeof idleTimer>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!body) return;
  try {
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      idle.again();
      yield chunk;
    }
  } finally {
    idle.stop();
  }
}

function idleTimer(idleMs: number, expired: () => void): { again(): void; stop(): void } {
  let timer = setTimeout(expired, idleMs);
  return {
    again() {
      clearTimeout(timer);
      timer = setTimeout(expired, idleMs);
    },
    stop: () => clearTimeout(timer),
  };
}
