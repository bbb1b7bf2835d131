import { z } from 'zod';
import { usbSpeeds } from '@shared/coral';

/** One device on USB, as its descriptors and the system tell without opening it. */
export const usbRecordSchema = z.object({
  vendorId: z.number().int().min(0).max(0xffff),
  productId: z.number().int().min(0).max(0xffff),
  /** Id of the bus as the system names it: "2", or "usb2". */
  bus: z.string().max(100),
  address: z.number().int().min(0).max(1024),
  /** Numbers of the ports from the root on: more than one means a hub between. */
  ports: z.array(z.number().int().min(0).max(255)).max(7),
  /** Negotiated; absent where the system does not tell. */
  speed: z.enum(usbSpeeds).optional(),
  /** Whether this user may open it; absent where only opening tells. */
  mayOpen: z.boolean().optional(),
});
export type UsbRecord = z.infer<typeof usbRecordSchema>;
