import { addressOf, views } from '@shared/views';

export interface AskedPermission {
  permission: string;
  /** "video", "audio", "unknown"; empty where the asker did not say. */
  mediaTypes: readonly string[];
  isMainFrame: boolean;
  /** Of the page that shows now. */
  address: string;
}

const liveAddress = `#${addressOf(views.find(({ name }) => name === 'live')!)}`;

/** The camera, and nothing but it, for our own page while it shows the Live view. */
export function mayUseCamera({ permission, mediaTypes, isMainFrame, address }: AskedPermission, ours: string): boolean {
  if (permission !== 'media' || !isMainFrame) return false;
  if (mediaTypes.length === 0 || mediaTypes.some((type) => type !== 'video')) return false;
  if (!address.startsWith(`${ours}/`)) return false;
  const { hash } = new URL(address);
  return hash === liveAddress || hash.startsWith(`${liveAddress}?`);
}
