/** Size a camera is asked for: more than any usual crop, and little to carry. */
const wanted = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };

/** A camera, the one that the system takes where none is named. Throws a sentence for people where there is none or nobody may use it. */
export async function openCamera(device?: string): Promise<MediaStream> {
  const video = { ...wanted, ...(device !== undefined && { deviceId: { exact: device } }) };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: false, video });
  } catch (thrown) {
    throw new Error(cameraProblem(thrown, device !== undefined), { cause: thrown });
  }
}

/** By the names of the Media Capture specification. @param isNamed one camera was asked for and no other */
export function cameraProblem(thrown: unknown, isNamed = false): string {
  const name = thrown instanceof DOMException || thrown instanceof Error ? thrown.name : '';
  if (isNamed && (name === 'NotFoundError' || name === 'OverconstrainedError'))
    return 'The chosen camera is not there any more. Choose another one, or connect it and start again.';
  if (name === 'NotFoundError' || name === 'OverconstrainedError')
    return 'No camera was found. Connect one and start again, or choose a photo, a folder or a video.';
  if (name === 'NotAllowedError' || name === 'SecurityError')
    return 'The camera may not be used. Allow it for Whittle in the privacy settings of the system, then start again.';
  if (name === 'NotReadableError' || name === 'AbortError')
    return 'The camera does not answer: another program may be using it. Close that program and start again.';
  return `The camera could not be opened${thrown instanceof Error ? ` (${thrown.message})` : ''}. Connect it again, or choose another source.`;
}

/** Calls `present` for each new frame that the element shows, until the answered function is called. */
export function watchFrames(video: HTMLVideoElement, present: () => void): () => void {
  let handle = 0;
  const next = (): void => {
    handle = video.requestVideoFrameCallback(() => {
      next();
      present();
    });
  };
  next();
  return () => video.cancelVideoFrameCallback(handle);
}
