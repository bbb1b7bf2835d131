/** What a long job may write on its way, and take up when it is started again under the same key. */
export interface Checkpoints {
  /** Keeps the bytes durably when it resolves; the ones before the last two go. Throws `output.disk-full`, `output.unwritable`. */
  save(bytes: Uint8Array): Promise<void>;
  /** What was saved last and is whole; undefined at the first start. */
  latest(): Promise<Uint8Array | undefined>;
  /** Time between two; absent: as whoever saves thinks best. */
  everyMs?: number;
}

/** For a job that nothing is kept of. */
export const noCheckpoints: Checkpoints = { save: () => Promise.resolve(), latest: () => Promise.resolve(undefined) };
