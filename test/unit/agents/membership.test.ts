import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  joinCode,
  keepMembership,
  membershipFor,
  readJoinCode,
  readMembership,
} from '../../../src/main/engine/agents/membership';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'whittle-membership-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a membership', () => {
  it('is kept where only its person may read it, and its key stays when the server changes', async () => {
    const made = membershipFor('nats://here:4222');
    await keepMembership(folder, made);
    if (process.platform !== 'win32') expect(statSync(join(folder, 'agents.json')).mode & 0o777).toBe(0o600);
    expect(readMembership(folder)).toEqual(made);
    expect(membershipFor('tls://there:4222', made)).toEqual({ ...made, server: 'tls://there:4222' });
    expect(membershipFor('nats://here:4222').key).not.toBe(made.key);
  });

  it.skipIf(process.platform === 'win32')('is closed to others where it was readable, whoever opened it', async () => {
    await keepMembership(folder, membershipFor('nats://here:4222'));
    const path = join(folder, 'agents.json');
    chmodSync(path, 0o644);
    readMembership(folder);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('says that it cannot be kept where its folder cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    const made = membershipFor('nats://here:4222');
    await expect(keepMembership(join(folder, 'file', 'home'), made)).rejects.toMatchObject({
      code: 'output.unwritable',
    });
  });

  it('travels as a code that notices when a part is missing or wrong', () => {
    const made = membershipFor('tls://machines.example:4222');
    const code = joinCode(made);
    expect(readJoinCode(` ${code}\n`)).toEqual(made);
    for (const wrong of ['', 'whittle-', code.slice(0, -3), `${code.slice(0, 30)}x${code.slice(31)}`, 'hello'])
      expect(() => readJoinCode(wrong)).toThrow('The code is not complete');
  });

  it.each([
    'http://here',
    'nats://',
    'here:4222',
    'nats://a b',
    'nats://here:99999',
    'file:///etc/passwd',
    'nats://a\u001b[2Jb',
  ])('is not for %s', (server) => {
    expect(() => membershipFor(server)).toThrow('cannot be used');
  });

  it('says where it is when it cannot be read, and is none where there is none', () => {
    expect(readMembership(folder)).toBeUndefined();
    writeFileSync(join(folder, 'agents.json'), '{"server": 1}');
    expect(() => readMembership(folder)).toThrow(join(folder, 'agents.json'));
  });
});
