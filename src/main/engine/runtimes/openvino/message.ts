import { asClause } from '../runtime-message';

/** OpenVINO's message as a short clause for people: without its C++ files, checks and banners, and the path, which the sentence names already. */
export function cleanOpenvinoMessage(message: string, path: string): string {
  return asClause(
    message
      .replaceAll(path, 'the file')
      .replace(/Exception from \S+?:\d+:/g, '')
      .replace(/Check '[^\n]*' failed at \S+?:\d+:/g, ''),
  );
}
