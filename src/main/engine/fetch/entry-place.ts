const longestName = 255;
const longestPath = 1024;
const deepest = 32;
/** Names that Windows keeps for devices, with any extension. */
const device = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * Where an entry of an archive may lie below the folder it is unpacked into, or why it may not: a name is taken as it stands or not at
 * all, so that what is written is what was checked. Stricter than this system needs, the same on every system.
 * @param root the folder inside the archive that holds everything; it is left out of the place
 * @returns names of folders and file, none for the root itself
 */
export function entryPlace(path: string, root: string): readonly string[] | string {
  if (path.length > longestPath) return 'its name is too long';
  if (/^[\\/]/.test(path)) return 'it names an absolute path';
  const names = path.replace(/\/+$/, '').split('/');
  if (names.length > deepest) return 'it lies too deep';
  if (names.includes('..')) return 'it leads out of its folder';
  const strange = names.find((name) => !isPlain(name));
  if (strange !== undefined) return 'its name is not a plain one';
  const [first, ...rest] = names;
  return first === root ? rest : `it does not lie in ${root}`;
}

function isPlain(name: string): boolean {
  if (name === '' || name.length > longestName || device.test(name) || /[\\:*?"<>|]|[. ]$/.test(name)) return false;
  return [...name].every((letter) => letter >= ' ');
}
