/** How a process is asked to end: by Ctrl-C, by the system or another program, by its terminal that closes. */
const requests = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type EndRequest = (typeof requests)[number];

type Listener = (request: EndRequest) => void;

/** A terminal that closes says so twice, a system in two ways, and some programs pass on what their children heard already. */
const sameWithinMs = 1000;

const listeners: Listener[] = [];
let last: { request: EndRequest; at: number } | undefined;

const hear = (request: EndRequest): void => {
  // Nobody reads any more.
  if (request === 'SIGHUP') for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const now = performance.now();
  // Ctrl-C may ask for less than the others do.
  const isHeard = last?.request === request || last?.request !== 'SIGINT';
  if (last && isHeard && now - last.at < sameWithinMs) return;
  last = { request, at: now };
  const listener = listeners.at(-1);
  if (listener) listener(request);
  else endAtOnce(request);
};

/**
 * Has `listener` called at every request until the answered function is; what is repeated within a second is one request. The listener that came
 * last is asked. Where there is none, the process ends at once; but once it was asked to end, only Ctrl-C does that.
 */
export function onEndRequest(listener: Listener): () => void {
  if (listeners.length === 0) for (const request of requests) process.on(request, hear);
  listeners.push(listener);
  return () => {
    const at = listeners.indexOf(listener);
    if (at < 0) return;
    listeners.splice(at, 1);
    // What it was asked for may come again while it tidies up.
    if (listeners.length === 0 && !last) for (const request of requests) process.off(request, hear);
  };
}

/** The same for the first request alone: Ctrl-C after it ends the process at once. */
export function onceEndRequest(listener: Listener): () => void {
  let isAsked = false;
  return onEndRequest((request) => {
    if (isAsked) return endAtOnce(request);
    isAsked = true;
    listener(request);
  });
}

/** As if nobody listened. */
function endAtOnce(request: EndRequest): void {
  if (request !== 'SIGINT') return;
  for (const each of requests) process.off(each, hear);
  process.kill(process.pid, request);
}
