import { join, relative, resolve } from 'node:path';
import { caseStudyText } from '../case-study-text';
import { AppError } from '@shared/errors';
import { formatBytes } from '@shared/format';
import { caseStudySources, zooModel, zooModels } from '../../main/engine/fetch/catalogue';
import type { Source } from '../../main/engine/fetch/download';
import { getCaseStudy } from '../../main/engine/fetch/get-case-study';
import { getModel } from '../../main/engine/fetch/get-model';
import { getPack } from '../../main/engine/fetch/get-pack';
import { runtimePack, runtimePacks, type RuntimePack } from '../../main/engine/runtimes/runtime-packs';
import { packFolder } from '../../main/engine/runtimes/locate-library';
import type { Arguments, Command } from '../arguments';
import { askYes } from '../ask';
import { onceEndRequest } from '../end-requests';
import { openSession } from '../session';
import { textTable } from '../text-table';
import { TransferProgress } from '../transfer-progress';

const caseStudy = 'case-study';
const packNames = runtimePacks.map(({ name }) => name).join(', ');

export const get: Command = {
  name: 'get',
  usage: '[NAME]',
  summary: `fetch a model, "${caseStudy}" or a runtime (${packNames}); without a name: what there is`,
  options: {
    out: {
      type: 'string',
      value: 'DIR',
      help: `folder it is put into (the model folder; for ${caseStudy}: ./${caseStudy})`,
    },
    yes: { type: 'boolean', short: 'y', help: 'fetch without asking' },
    offline: { type: 'boolean', help: 'fetch nothing (as WHITTLE_OFFLINE=1 does everywhere)' },
  },
  async run(arguments_) {
    const [name] = arguments_.positionals;
    const out = arguments_.text('out');
    const json = arguments_.flag('json');
    if (name === undefined) {
      process.stdout.write(
        json
          ? `${JSON.stringify({ models: zooModels, caseStudy: caseStudySources, runtimes: runtimePacks }, null, 2)}\n`
          : listing(),
      );
      return 0;
    }
    const pack = runtimePack(name);
    if (pack) return getRuntime(pack, arguments_);
    const { models, images } = caseStudySources;
    const wanted = name === caseStudy ? [...Object.values(models), images] : [zooModel(name)];
    const engine = await openSession(arguments_);
    const { downloads } = engine.settings();
    const folder = resolve(out ?? (name === caseStudy ? caseStudy : engine.modelFolder()));
    engine.close();
    if (arguments_.flag('offline') || !downloads) throw new AppError('download.off', { name });

    const size = formatBytes(wanted.reduce((sum, { bytes }) => sum + bytes, 0));
    process.stderr.write(`${wanted.map(offerLine).join('\n')}\n`);
    const agreed = arguments_.flag('yes') || (await askYes(`Fetch ${size} into ${folder}?`));
    if (agreed === undefined) throw new AppError('download.unconfirmed', { name, size });
    if (!agreed) throw new AppError('cancelled');

    const abort = new AbortController();
    const off = onceEndRequest(() => abort.abort());
    const line = new TransferProgress();
    const { signal } = abort;
    try {
      const path =
        name === caseStudy
          ? await getCaseStudy(caseStudySources, folder, {
              sweepText: caseStudyText,
              signal,
              progress: (stage, done, total) => line.bytes(stage, done, total),
              unpacking: (files) => line.show(`unpacking ${images.name}`, files, images.files),
            })
          : await getModel(zooModel(name), folder, name, {
              signal,
              progress: (done, total) => line.bytes(name, done, total),
            });
      line.clear();
      const here = relative('.', path).startsWith('..') ? path : relative('.', path);
      const next =
        name === caseStudy
          ? `Now: whittle run ${here} --out ${join(here, '..', 'results')}`
          : `Now: whittle inspect ${here}`;
      process.stdout.write(json ? `${JSON.stringify({ path }, null, 2)}\n` : `${path}\n${next}\n`);
      return 0;
    } finally {
      line.clear();
      off();
    }
  },
};

async function getRuntime(pack: RuntimePack, arguments_: Arguments): Promise<number> {
  const { name, title, version, licence, bytes } = pack;
  const engine = await openSession(arguments_);
  const { downloads } = engine.settings();
  engine.close();
  if (arguments_.flag('offline') || !downloads) throw new AppError('download.off', { name });
  const folder = resolve(arguments_.text('out') ?? packFolder());
  const size = formatBytes(bytes);
  process.stderr.write(`${title} ${version}: ${size}, licence ${licence}, through ${pack.client}\n`);
  const agreed = arguments_.flag('yes') || (await askYes(`Fetch ${size} into ${folder}?`));
  if (agreed === undefined) throw new AppError('download.unconfirmed', { name, size });
  if (!agreed) throw new AppError('cancelled');
  const abort = new AbortController();
  const off = onceEndRequest(() => abort.abort());
  try {
    const path = await getPack(pack, folder, abort.signal);
    const next = 'Now: whittle doctor lists the runtimes that are here';
    process.stdout.write(arguments_.flag('json') ? `${JSON.stringify({ path }, null, 2)}\n` : `${path}\n${next}\n`);
    return 0;
  } finally {
    off();
  }
}

const offerLine = ({ title, bytes, licence, urls }: Source & { title: string; licence: string }): string =>
  `${title}: ${formatBytes(bytes)}, licence ${licence}\n  from ${urls[0]}`;

function listing(): string {
  const { models, images } = caseStudySources;
  const total = [...Object.values(models), images].reduce((sum, { bytes }) => sum + bytes, 0);
  const rows = zooModels.map(({ name, title, bytes, licence, stated }) => [
    name,
    title,
    formatBytes(bytes),
    stated ? stated.top1.toFixed(2) : '',
    licence,
  ]);
  const columns = [
    { title: 'name' },
    { title: 'model' },
    { title: 'size', align: 'right' as const },
    { title: 'stated top-1, %', align: 'right' as const },
    { title: 'licence' },
  ];
  return `${textTable(columns, rows)}\n${caseStudy} is ${Object.keys(models).join(', ')} and ${images.title}: ${formatBytes(total)}. "whittle get NAME" fetches one.\nRuntimes: ${runtimePacks.map(({ name, title, version, bytes }) => `${name} (${title} ${version}, ${formatBytes(bytes)})`).join(', ')}.\n`;
}
