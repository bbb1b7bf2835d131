import { describe, expect, it } from 'vitest';
import type { GateCheck } from '@shared/presenter/gate';
import { junitXml } from '../../../src/cli/junit-xml';

const check = (outcome: GateCheck['outcome'], changes: Partial<GateCheck> = {}): GateCheck => ({
  model: 'mobilenetv2',
  name: `${outcome}: top-1`,
  outcome,
  sentence: 'top-1 −1 < "limit" & more',
  ...changes,
});
const side = { run: 'run-1', name: 'a <night>', startedAt: '' };
const xmlOf = (checks: GateCheck[], isStrict = false): string =>
  junitXml({
    comparison: { candidate: side, reference: side, warnings: ['The machines differ.'] },
    checks,
    isStrict,
    hostname: 'host',
    now: new Date('2026-01-02T03:04:05.678Z'),
  });

interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
}
/** A small reader of well-formed XML: every tag closed in order, attributes quoted, no stray angle bracket or ampersand. */
function read(xml: string): Element {
  const root: Element = { name: '', attributes: {}, children: [] };
  const open = [root];
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  for (const [, text, close, name, rest, empty] of body.matchAll(
    /([^<]*)<(\/?)([a-z-]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/?)>/g,
  )) {
    expect(text!.replaceAll(/&(amp|lt|gt|quot);/g, '')).not.toMatch(/[&>]/);
    if (close) {
      expect(open.pop()!.name).toBe(name);
      continue;
    }
    const pairs = [...rest!.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, key, value]) => [key, value] as const);
    const element = { name: name!, attributes: Object.fromEntries(pairs) as Record<string, string>, children: [] };
    open.at(-1)!.children.push(element);
    if (!empty) open.push(element);
  }
  expect(open).toEqual([root]);
  return root.children[0]!;
}

/** The rules of Ant's JUnit schema (windyroad/JUnit-Schema) that a report can break. */
function expectJunit(suites: Element): void {
  expect(suites.name).toBe('testsuites');
  suites.children.forEach((suite, index) => {
    expect(suite.name).toBe('testsuite');
    const { attributes, children } = suite;
    for (const required of ['package', 'id', 'name', 'timestamp', 'hostname', 'tests', 'failures', 'errors', 'time'])
      expect(attributes, required).toHaveProperty(required);
    expect(attributes.id).toBe(String(index));
    expect(attributes.timestamp).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/);
    const names = children.map(({ name }) => name);
    expect(names[0]).toBe('properties');
    expect(names.slice(-2)).toEqual(['system-out', 'system-err']);
    const cases = children.slice(1, -2);
    const counted = (kind: string): number => cases.filter((one) => one.children[0]?.name === kind).length;
    expect(names.slice(1, -2).every((name) => name === 'testcase')).toBe(true);
    expect(Number(attributes.tests)).toBe(cases.length);
    expect(Number(attributes.failures)).toBe(counted('failure'));
    expect(Number(attributes.skipped)).toBe(counted('skipped'));
    for (const one of cases) {
      for (const required of ['name', 'classname', 'time']) expect(one.attributes).toHaveProperty(required);
      expect(one.children.length).toBeLessThanOrEqual(1);
      const [result] = one.children;
      if (result?.name === 'failure') expect(result.attributes).toHaveProperty('type');
    }
  });
}

describe('JUnit XML', () => {
  it('has a suite a network and a case a check, in the form of the common schema', () => {
    const root = read(xmlOf([check('holds'), check('unsure'), check('broken', { model: 'resnet50' })]));
    expectJunit(root);
    expect(root.children.map(({ attributes }) => [attributes.name, attributes.tests, attributes.failures])).toEqual([
      ['mobilenetv2', '2', '0'],
      ['resnet50', '1', '1'],
    ]);
    expect(root.children[0]!.attributes.skipped).toBe('1');
  });
  it('counts what cannot be told as failed when strict', () => {
    const root = read(xmlOf([check('unsure'), check('holds')], true));
    expectJunit(root);
    expect(root.children[0]!.attributes.failures).toBe('1');
  });
  it('survives any name', () => {
    const root = read(xmlOf([check('broken', { model: '<&>"\u0000\uD800 net', name: ']]>' })]));
    expectJunit(root);
    expect(root.children[0]!.attributes.name).toBe('&lt;&amp;&gt;&quot; net');
  });
  it('of no checks is valid too', () => expectJunit(read(xmlOf([]))));
});
