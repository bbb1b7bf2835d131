import type { Connection } from './database';
import { jsonOf } from './json-column';
import { isAsWritten, settingDigest } from './row-digest';

/** Small JSON values that outlive a session: the model folder, remembered view choices. */
export class SettingsStore {
  constructor(private readonly connection: Connection) {}

  /** What does not hold what was written there was never set. */
  get<T>(key: string): T | undefined {
    const row = this.connection.prepare('SELECT * FROM setting WHERE key = ?').get(key) as
      { key: string; value: string; digest: string | null } | undefined;
    return row && isAsWritten(row, settingDigest) ? (jsonOf(row.value) as T | undefined) : undefined;
  }

  set(key: string, value: unknown): void {
    const row = { key, value: JSON.stringify(value) };
    this.connection
      .prepare('INSERT OR REPLACE INTO setting (key, value, digest) VALUES (?, ?, ?)')
      .run(row.key, row.value, settingDigest(row));
  }
}
