import type { Node, Tensor } from './graph';

/**
 * Attributes of a node by type; `fallback` is the default the operator's documentation states. An attribute of another
 * type counts as absent.
 */

export function intAttribute(node: Node, name: string, fallback: number): number {
  const attribute = node.attributes[name];
  return attribute?.type === 'int' ? attribute.value : fallback;
}

export function floatAttribute(node: Node, name: string, fallback: number): number {
  const attribute = node.attributes[name];
  return attribute?.type === 'float' ? attribute.value : fallback;
}

export function stringAttribute(node: Node, name: string, fallback: string): string {
  const attribute = node.attributes[name];
  return attribute?.type === 'string' ? attribute.value : fallback;
}

export function intsAttribute(node: Node, name: string): readonly number[] | undefined {
  const attribute = node.attributes[name];
  return attribute?.type === 'ints' ? attribute.value : undefined;
}

export function floatsAttribute(node: Node, name: string): readonly number[] | undefined {
  const attribute = node.attributes[name];
  return attribute?.type === 'floats' ? attribute.value : undefined;
}

export function tensorAttribute(node: Node, name: string): Tensor | undefined {
  const attribute = node.attributes[name];
  return attribute?.type === 'tensor' ? attribute.value : undefined;
}
