import { closeSync, openSync, writeSync } from 'node:fs';
import { recordHead, recordLine, type LiveRecord, type RecordRow } from '@shared/live/record';
import { writeError } from '../main/engine/files/atomic-file';

/** A session as CSV that grows line by line: whatever ends it, what was answered until then is in the file. */
export class RecordFile {
  private readonly file: number;

  /** Empties a file that is there. Throws `output.disk-full`, `output.unwritable`, as `add` does. */
  constructor(
    private readonly path: string,
    private readonly sides: LiveRecord['sides'],
  ) {
    this.file = this.written(() => openSync(path, 'w'));
    this.written(() => writeSync(this.file, recordHead));
  }

  add(row: RecordRow): void {
    this.written(() => writeSync(this.file, recordLine(row, this.sides)));
  }

  close(): void {
    closeSync(this.file);
  }

  private written(write: () => number): number {
    try {
      return write();
    } catch (thrown) {
      throw writeError(this.path, thrown);
    }
  }
}
