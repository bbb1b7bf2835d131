import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder where Whittle keeps what is the person's own: WHITTLE_HOME, or the platform's place for application data. */
export function homeFolder(environment: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  if (environment.WHITTLE_HOME) return environment.WHITTLE_HOME;
  if (platform === 'win32') return join(environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'Whittle');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Whittle');
  return join(environment.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'whittle');
}
