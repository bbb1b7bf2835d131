import { openMoving } from './moving-source';
import type { ChosenSource, OpenSource, SourceContext } from './source';
import { openStill } from './still-source';

/** Opens what a person chose. Throws a sentence for people. */
export async function openSource(chosen: ChosenSource, context: SourceContext): Promise<OpenSource> {
  switch (chosen.kind) {
    case 'camera':
    case 'video':
      return openMoving(chosen, context);
    case 'photo': {
      const { name } = chosen.file;
      const bytes = new Uint8Array(await chosen.file.arrayBuffer());
      return openStill(context, {
        images: { name, isResized: false, images: [{ name }] },
        isFrame: true,
        pictureOf: () => Promise.resolve(bytes),
        contentOf: () => ({ kind: 'file', name, bytes }),
      });
    }
    case 'images': {
      const { client, session } = context;
      const images = await client.call('live.source', { session, source: chosen.source });
      if (images.images.length === 0) throw new Error(`There are no images in ${images.name}. Choose another source.`);
      return openStill(context, {
        images,
        isFrame: false,
        pictureOf: (index) => client.call('live.picture', { session, index }),
        contentOf: (index) => ({ kind: 'image', index }),
      });
    }
  }
}
