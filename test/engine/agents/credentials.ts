import { writeFileSync } from 'node:fs';
import { nkeys } from '@nats-io/transport-node';

type KeyPair = ReturnType<typeof nkeys.createUser>;

/** A server's operator with one account that has streams, as signed documents (JWT, ed25519-nkey). */
export class Operator {
  private readonly operator = nkeys.createOperator();
  private readonly account = nkeys.createAccount();
  private readonly system = nkeys.createAccount();

  /** Of the server's configuration. */
  get lines(): string[] {
    const { operator, account, system } = this;
    const claims = { type: 'operator', system_account: system.getPublicKey() };
    return [
      `operator: ${signed(operator, operator, claims)}`,
      `system_account: ${system.getPublicKey()}`,
      'resolver: MEMORY',
      `resolver_preload { ${[account, system].map((one) => `${one.getPublicKey()}: ${this.accountOf(one)}`).join(', ')} }`,
    ];
  }

  /** Writes credentials of a new user. */
  admit(path: string): string {
    const user = nkeys.createUser();
    const unlimited = { subs: -1, data: -1, payload: -1 };
    const token = signed(this.account, user, { type: 'user', pub: {}, sub: {}, ...unlimited });
    const seed = new TextDecoder().decode(user.getSeed());
    const part = (name: string, text: string): string => `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n`;
    writeFileSync(path, `${part('NATS USER JWT', token)}\n${part('USER NKEY SEED', seed)}`);
    return path;
  }

  private accountOf(account: KeyPair): string {
    const counts = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, conn: -1, leaf: -1, wildcards: true };
    const stores = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
    const limits = account === this.system ? counts : { ...counts, ...stores };
    return signed(this.operator, account, { type: 'account', limits, default_permissions: { pub: {}, sub: {} } });
  }
}

function signed(issuer: KeyPair, subject: KeyPair, claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part({
    jti: subject.getPublicKey(),
    iat: Math.floor(Date.now() / 1000),
    iss: issuer.getPublicKey(),
    sub: subject.getPublicKey(),
    name: 'test',
    nats: { ...claims, version: 2 },
  })}`;
  return `${body}.${Buffer.from(issuer.sign(new TextEncoder().encode(body))).toString('base64url')}`;
}
