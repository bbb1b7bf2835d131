import { z } from 'zod';

const example = 'nats://192.168.1.20:4222';

/** What is wrong with the address of a server, in a sentence; undefined where nothing is. */
export function serverProblem(address: string): string | undefined {
  const text = address.trim();
  if (text === '') return `Name the server, as in ${example}.`;
  const protocol = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (protocol === undefined) return `Begin with nats:// or tls://, as in ${example}.`;
  if (protocol !== 'nats' && protocol !== 'tls') return `${protocol}:// will not do: begin with nats:// or tls://.`;
  const url = URL.canParse(text) && !/\s/.test(text) ? new URL(text) : undefined;
  if (!url?.hostname) return `This is no address: write a host and a port, as in ${example}.`;
  if (!/^(\/?)$/.test(url.pathname) || url.search || url.hash)
    return `Leave out what follows the port, as in ${example}.`;
  return undefined;
}

/** Of a NATS server: `nats://host:port`, or `tls://` where it takes nothing else; a name and password may stand before the host. */
export const serverAddressSchema = z
  .string()
  .max(1000)
  .trim()
  .superRefine((address, context) => {
    const message = serverProblem(address);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** An address as people may see it: without the password. */
export function shownServer(address: string): string {
  return address.replace(/^([a-z]+:\/\/)[^/@]*@/i, '$1');
}

/** Of an address that leads every machine to itself, in a sentence; undefined where others reach it too. */
export function reachProblem(address: string): string | undefined {
  const host = /^[a-z]+:\/\/(?:[^/@]*@)?(\[[^\]]*\]|[^/:]*)/i.exec(address.trim())?.[1]?.toLowerCase() ?? '';
  if (!/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host)) return undefined;
  return `Other machines do not reach this one as ${host}: name it as they do, as in ${example}.`;
}
