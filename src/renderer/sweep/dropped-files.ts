export type DroppedKind = 'model' | 'sweep' | 'report' | 'folder' | 'unknown';

/** What a dropped path is for, by its ending; the engine looks at the content. Folders carry no type in a drop. */
export function droppedKind(path: string, type: string): DroppedKind {
  if (/\.onnx$/i.test(path)) return 'model';
  if (/\.ya?ml$/i.test(path)) return 'sweep';
  if (/\.json$/i.test(path)) return 'report';
  const name = path.split(/[\\/]/).findLast(Boolean) ?? '';
  return type === '' && !/\.\w{1,5}$/.test(name) ? 'folder' : 'unknown';
}
