import { describe, expect, it } from 'vitest';
import { AppError } from '@shared/errors';
import { deploymentName, targetName, targetSchema, type Target } from '@shared/sweep-file';
import { elsewhereOf } from '../../../src/main/engine/sweep/elsewhere';
import { surroundingsOf } from '../../../src/main/engine/sweep/surroundings';
import { agent } from './agents';
import { around } from './sweeps';

const target: Target = { runtime: 'litert', threads: 4, on: 'pi4' };
const thrownBy = (act: () => unknown): { code: string; message: string } => {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof AppError) return { code: thrown.code, message: thrown.message };
    throw thrown;
  }
  throw new Error('nothing was thrown');
};

describe('a target on another machine', () => {
  it('says so in its names', () => {
    expect(targetName(target)).toBe('litert x4 on pi4');
    expect(deploymentName(target)).toBe('litert on pi4');
    const options = { precision: 'default' };
    expect(targetName({ runtime: 'openvino', device: 'gpu', threads: 1, on: 'lab', options })).toBe(
      'openvino gpu x1 on lab {precision:default}',
    );
  });

  it.each(['pi4', '4', 'a-b-', 'x'.repeat(40)])('takes the label %s', (on) => {
    expect(targetSchema.parse({ runtime: 'litert', on })).toEqual({ runtime: 'litert', threads: 1, on });
  });

  it.each(['', '-a', 'Pi4', 'a b', 'x'.repeat(41), 'a\n', '__proto__'])('refuses the label %j', (on) => {
    expect(targetSchema.safeParse({ runtime: 'litert', on }).success).toBe(false);
  });
});

describe('machines that targets name', () => {
  it('are those with their labels, no others', () => {
    const other = agent({ name: 'desk', labels: ['lab'], machine: { id: 'd1' } });
    const found = elsewhereOf([target, { runtime: 'ort-cpu', threads: 1 }], [other, agent()]);
    expect([...found]).toEqual([['pi4', { machine: agent().machine, runtimes: agent().runtimes }]]);
    expect(elsewhereOf([{ runtime: 'ort-cpu', threads: 1 }], [agent()]).size).toBe(0);
  });

  it('are stood for by the one with the smallest id, in whatever order they come', () => {
    const two = [agent({ machine: { id: 'p2' } }), agent({ name: 'board-0', machine: { id: 'p0' } })];
    for (const agents of [two, two.toReversed()])
      expect(elsewhereOf([target], agents).get('pi4')!.machine.id).toBe('p0');
  });

  it('count where they are silent only while no other is heard of', () => {
    const silent = agent({ state: 'silent', machine: { id: 'p0' } });
    expect(elsewhereOf([target], [silent]).get('pi4')!.machine.id).toBe('p0');
    expect(elsewhereOf([target], [silent, agent()]).get('pi4')!.machine.id).toBe('p1');
    expect(elsewhereOf([target], [agent({ state: 'draining' })]).size).toBe(1);
  });

  it('are what they were when a run was planned, while nobody has the label', () => {
    const planned = { pi4: { machine: agent({ machine: { id: 'p9' } }).machine, runtimes: agent().runtimes } };
    expect(elsewhereOf([target], [], planned).get('pi4')).toBe(planned.pi4);
    expect(elsewhereOf([target], [agent()], planned).get('pi4')!.machine.id).toBe('p1');
    expect(thrownBy(() => elsewhereOf([{ ...target, on: 'lab' }], [], planned)).code).toBe('target.nobody');
  });

  it('are refused where nobody has the label, or who has it gets no steps', () => {
    expect(thrownBy(() => elsewhereOf([target], [])).message).toBe(
      'No machine labelled "pi4" is there for the target "litert x4 on pi4". Start "whittle agent --labels pi4" on one and name its server with --server, or correct "on".',
    );
    const old = agent({ problem: 'It has version 0.9.0, update it.' });
    expect(thrownBy(() => elsewhereOf([target], [old])).message).toContain(
      '(board-1: It has version 0.9.0, update it).',
    );
    const lost = 'nats://host:4222 cannot be reached';
    expect(thrownBy(() => elsewhereOf([target], [], {}, lost)).message).toContain(`(${lost}).`);
    const others = [agent({ labels: ['pi5', 'lab'] }), agent({ labels: ['pi5'] })];
    expect(thrownBy(() => elsewhereOf([target], others)).message).toContain('(there are "lab", "pi5").');
  });

  it.each([
    ['instruction sets', agent({ name: 'board-2', machine: { isa: ['NEON', 'ASIMDDP'] } }), 'NEON and ASIMDDP NEON'],
    ['versions', agent({ name: 'board-2', runtimes: { ...agent().runtimes, litert: '2.4.0' } }), '2.3.0 and 2.4.0'],
    ['runtimes', agent({ name: 'board-2', runtimes: { 'ort-cpu': '1.30.0' } }), '2.3.0 and none'],
  ])('are refused where their %s differ', (_what, other, words) => {
    const { code, message } = thrownBy(() => elsewhereOf([target], [agent(), other]));
    expect(code).toBe('target.mixed');
    expect(message).toContain(words);
  });

  it('may differ in what the targets do not make use of', () => {
    const other = agent({
      runtimes: { ...agent().runtimes, openvino: '2026.1' },
      machine: { isa: ['NEON'], cores: 8 },
    });
    expect(elsewhereOf([target], [agent(), other]).size).toBe(1);
  });

  it('are refused where they lack the runtime', () => {
    const bare = agent({ runtimes: { 'ort-cpu': '1.30.0' } });
    expect(thrownBy(() => elsewhereOf([target], [bare])).message).toBe(
      'The machine "pi4" has no litert, which the target "litert x4 on pi4" takes there; it has ort-cpu. Install it there and start its agent again, or change the target.',
    );
    // The chip has the network in floats run in tflite.
    const chip = agent({ runtimes: { 'ort-cpu': '1.30.0', edgetpu: '14' } });
    const asked = { runtime: 'edgetpu', threads: 1, on: 'pi4' };
    expect(thrownBy(() => elsewhereOf([asked], [chip])).message).toContain('has no tflite, which the target "edgetpu');
  });
});

describe('surroundings', () => {
  it('have the versions of the other machine and what the registry says of its runtimes', async () => {
    const targets = [target, { runtime: 'ort-cpu', threads: 1 }];
    const found = await surroundingsOf({ targets }, around.machine, '1', elsewhereOf(targets, [agent()]));
    expect(found.elsewhere).toEqual({
      pi4: {
        machine: agent().machine,
        runtimes: {
          litert: { version: '2.3.0', format: 'tflite', answerOptions: ['kernels'] },
          'ort-cpu': { version: '1.30.0', format: 'onnx' },
        },
      },
    });
    expect(Object.keys(found.runtimes)).toEqual(['ort-cpu']);
    expect(Object.keys(found.converters)).toEqual(['tflite']);
  });

  it('refuse a label that nobody has', async () => {
    await expect(surroundingsOf({ targets: [target] }, around.machine, '1')).rejects.toMatchObject({
      code: 'target.nobody',
    });
  });

  it('say nothing of other machines where no target names one', async () => {
    const found = await surroundingsOf({ targets: [] }, around.machine, '1', elsewhereOf([target], [agent()]));
    expect(found).not.toHaveProperty('elsewhere');
  });
});
