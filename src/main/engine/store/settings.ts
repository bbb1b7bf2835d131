import type { Connection } from './database';

/** Small JSON values that outlive a session: the model folder, remembered view choices. */
export class SettingsStore {
  constructor(private readonly connection: Connection) {}

  get<T>(key: string): T | undefined {
    const row = this.connection.prepare('SELECT value FROM setting WHERE key = ?').get(key) as
      { value: string } | undefined;
    return row && (JSON.parse(row.value) as T);
  }

  set(key: string, value: unknown): void {
    this.connection
      .prepare('INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value')
      .run(key, JSON.stringify(value));
  }
}
