import { describe, expect, it } from 'vitest';
import { reachProblem, serverAddressSchema, serverProblem, shownServer } from '@shared/server-address';

describe('the address of a server', () => {
  it.each([
    'nats://localhost:4222',
    'tls://nats.example.org:4222',
    'nats://[::1]:4222',
    'nats://ada:secret@10.0.0.2:4222',
    'nats://build.local',
    ' nats://localhost:4222/ ',
  ])('%s will do', (address) => {
    expect(serverProblem(address)).toBeUndefined();
    expect(serverAddressSchema.parse(address)).toBe(address.trim());
  });

  it.each([
    ['', 'Name the server'],
    ['localhost:4222', 'Begin with nats:// or tls://'],
    ['nats:localhost:4222', 'Begin with nats:// or tls://'],
    ['https://localhost', 'https:// will not do'],
    ['nats://', 'no address'],
    ['nats://:4222', 'no address'],
    ['nats://local host:4222', 'no address'],
    ['nats://localhost:99999', 'no address'],
    ['nats://localhost:4222/steps', 'Leave out what follows the port'],
    ['nats://localhost:4222?x=1', 'Leave out what follows the port'],
  ])('"%s" will not: %s', (address, text) => {
    expect(serverProblem(address)).toContain(text);
    expect(serverAddressSchema.safeParse(address).success).toBe(false);
  });

  it('shows without its password', () => {
    expect(shownServer('tls://ada:secret@host:4222')).toBe('tls://host:4222');
    expect(shownServer('nats://host:4222')).toBe('nats://host:4222');
  });
});

describe('where an address leads', () => {
  it.each(['nats://localhost:4222', 'tls://127.0.1.1', 'nats://[::1]:4222', 'nats://ann:secret@localhost'])(
    '%s is every machine itself',
    (address) =>
      expect(reachProblem(address)).toMatch(/^Other machines do not reach this one as (localhost|127|\[::1)/),
  );
  it.each(['nats://computer:4222', 'nats://192.168.1.20', 'nats://localhost.example:4222', 'nats://127@computer', ''])(
    '%s may be reached',
    (address) => expect(reachProblem(address)).toBeUndefined(),
  );
});
