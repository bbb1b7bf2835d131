import { gzipSync } from 'node:zlib';
import { Header } from 'tar';

export interface Entry {
  path: string;
  type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'FIFO';
  content?: Buffer | string;
  linkpath?: string;
  /** What the header says, where it is not the content's length. */
  size?: number;
}

/** A .tgz with these entries, written header by header so that it may say what no honest program writes. */
export function archiveOf(entries: readonly Entry[], { ends = true } = {}): Buffer {
  const blocks: Buffer[] = [];
  for (const { path, type = 'File', content = '', linkpath, size } of entries) {
    const bytes = Buffer.from(content);
    const header = new Header({ path, type, size: size ?? bytes.length, mode: 0o644, mtime: new Date(0), linkpath });
    const block = Buffer.alloc(512);
    header.encode(block);
    blocks.push(block, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  if (ends) blocks.push(Buffer.alloc(1024));
  return gzipSync(Buffer.concat(blocks));
}
