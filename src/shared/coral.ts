import { z } from 'zod';

/** Speeds of USB as its specification names them: high is USB 2 (480 Mbit/s), super is USB 3. */
export const usbSpeeds = ['low', 'full', 'high', 'super', 'superPlus'] as const;
export type UsbSpeed = (typeof usbSpeeds)[number];

/**
 * waiting: plugged in, started by its first use; ready: started, at USB 3 speed or at one that is not told; slow: started, at USB 2 speed;
 * forbidden: there, and this user may not open it.
 */
const coralDeviceSchema = z.object({
  /** As in a target: "usb:0". */
  id: z.string(),
  /** Where it is plugged in: "2-1.4". */
  port: z.string(),
  state: z.enum(['waiting', 'ready', 'slow', 'forbidden']),
  speed: z.enum(usbSpeeds).optional(),
  behindHub: z.boolean(),
});
export type CoralDevice = z.infer<typeof coralDeviceSchema>;

/** Edge TPU accelerators on USB and what is missing to use them. */
export const coralStatusSchema = z.object({
  /** attention: usable, with a limit; blocked: plugged in, and something is missing; unknown: USB cannot be looked at. */
  state: z.enum(['ready', 'attention', 'blocked', 'absent', 'unknown']),
  /** What is plugged in, in a few words. */
  title: z.string(),
  /** What is missing or slow, and what to do; absent where nothing is. */
  advice: z.string().optional(),
  /** Text to put where the advice says. */
  remedy: z.object({ label: z.string(), text: z.string() }).optional(),
  devices: z.array(coralDeviceSchema),
  /** The devices come from a file or the library runs no hardware: nothing here says anything of a real Coral. */
  isStandIn: z.boolean(),
});
export type CoralStatus = z.infer<typeof coralStatusSchema>;

/** What came of trying a Coral out. Milliseconds. */
export interface CoralTestResult {
  device: string;
  version: string;
  notes: string[];
  runs: number;
  /** Uploads the weights. */
  firstMs: number;
  medianMs: number;
  worstMs: number;
  /** Inferences on the same input that answered otherwise than the first. */
  unrepeated: number;
  /** Beside the network that was compiled, on the processor. */
  twin?: { codes: number; different: number; largest: number };
}
