const shown = 3;

/** "a.jpg, b.jpg, c.jpg and 9 more": enough of a list to recognise what it is about. */
export function firstFew(names: readonly string[]): string {
  const rest = names.length - shown;
  return `${names.slice(0, shown).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
