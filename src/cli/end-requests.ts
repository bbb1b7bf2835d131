/** How a process is asked to end: by Ctrl-C, by the system or another program, by its terminal that closes. */
const requests = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type EndRequest = (typeof requests)[number];

type Listener = (request: EndRequest) => void;

const listeners: Listener[] = [];

const hear = (request: EndRequest): void => {
  // Nobody reads any more.
  if (request === 'SIGHUP') for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  listeners.at(-1)?.(request);
};

/** Has `listener` called at every request until the answered function is. The one that came last is asked; where there is none, the process ends at once. */
export function onEndRequest(listener: Listener): () => void {
  if (listeners.length === 0) for (const request of requests) process.on(request, hear);
  listeners.push(listener);
  return () => {
    const at = listeners.indexOf(listener);
    if (at < 0) return;
    listeners.splice(at, 1);
    if (listeners.length === 0) for (const request of requests) process.off(request, hear);
  };
}

/** The same for the first request alone: a second one ends the process at once. */
export function onceEndRequest(listener: Listener): () => void {
  const off = onEndRequest((request) => {
    off();
    listener(request);
  });
  return off;
}
