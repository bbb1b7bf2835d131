import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** How the server answers one request for `content`. */
export type Answer = (request: IncomingMessage, response: ServerResponse, content: Buffer) => void;

export interface FileServer {
  url: string;
  /** The Range header of each request so far. */
  ranges: (string | undefined)[];
}

/** A server on this machine that answers with one script entry after another, then with the last again. */
export async function serveFile(content: Buffer, ...script: Answer[]): Promise<FileServer> {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const answer = script[Math.min(ranges.length, script.length - 1)]!;
    ranges.push(request.headers.range);
    answer(request, response, content);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`, ranges };
}

/** As a good server does: the whole, or the part that is asked for. */
export const honest: Answer = (request, response, content) => send(request, response, content, content);

function send(request: IncomingMessage, response: ServerResponse, content: Buffer, sent: Buffer): void {
  const from = firstByte(request, content);
  response.writeHead(from > 0 ? 206 : 200, headersFor(content, from)).end(sent.subarray(from));
}

/** Sends some bytes of what was asked for, then drops the connection. */
export const dropsAfter =
  (bytes: number): Answer =>
  (request, response, content) => {
    const from = firstByte(request, content);
    response.writeHead(from > 0 ? 206 : 200, headersFor(content, from));
    response.write(content.subarray(from, from + bytes), () => setImmediate(() => response.destroy()));
  };

export const wrongByteAt =
  (at: number): Answer =>
  (request, response, content) => {
    const wrong = Buffer.from(content);
    wrong[at] = wrong[at]! ^ 1;
    send(request, response, content, wrong);
  };

/** States another length than the file has, and sends that many bytes. */
export const saysLength =
  (bytes: number): Answer =>
  (_request, response, content) => {
    response.writeHead(200, { 'content-length': bytes }).end(Buffer.concat([content, content]).subarray(0, bytes));
  };

/** Knows no ranges: sends everything each time. */
export const alwaysWhole: Answer = (_request, response, content) => {
  response.writeHead(200, { 'content-length': content.length }).end(content);
};

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    void response.writeHead(code, headers).end();

function firstByte(request: IncomingMessage, content: Buffer): number {
  const { 'if-range': known } = request.headers;
  if (known !== undefined && known !== etagOf(content)) return 0;
  return Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
}

function headersFor(content: Buffer, from: number): Record<string, string | number> {
  return {
    etag: etagOf(content),
    'content-length': content.length - from,
    ...(from > 0 && { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }),
  };
}

const etagOf = (content: Buffer): string => `"${sha256Of(content).slice(0, 16)}"`;
export const sha256Of = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
