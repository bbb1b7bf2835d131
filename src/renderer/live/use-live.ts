import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';
import { toAppError } from '@shared/errors';
import { AgreementCounter } from '@shared/live/agreement';
import type { LiveAnswer } from '@shared/live/answer';
import type { LiveDeployment, LiveImages, LiveSideInfo } from '@shared/live/session';
import { StageStatistics, type StageSummary } from '@shared/live/stage-statistics';
import { useSignal } from '../bridge/client';
import { openLiveClient, type LiveClient } from './live-client';
import { LiveSides, type FrameFacts } from './live-sides';
import { openSource, type ChosenSource, type OpenSource } from './sources';

/** Frames that percentiles look back on: some ten seconds of a camera. */
const keptFrames = 300;

/** A side as it shows. */
export interface ShownSide {
  info: LiveSideInfo;
  frame?: FrameFacts;
  answer?: LiveAnswer;
  summary: StageSummary;
  dropped: number;
  /** Why there is no answer to the last frame. */
  problem?: string;
}

export interface LiveElements {
  video: Readonly<Ref<HTMLVideoElement | null>>;
  canvas: Readonly<Ref<HTMLCanvasElement | null>>;
}

/** What hears of every answer: the record. */
type Listener = (shown: ShownSide, side: 0 | 1, frame: FrameFacts, answer: LiveAnswer) => void;

/** A session of Live and its source; both end with the scope. */
export function useLive({ video, canvas }: LiveElements, listen: Listener) {
  const status = ref<'idle' | 'opening' | 'running'>('idle');
  const problem = ref('');
  const paused = ref(false);
  const shown = shallowRef<ShownSide[]>([]);
  const agreement = shallowRef<{ both: number; agreeing: number; last?: boolean | undefined }>({
    both: 0,
    agreeing: 0,
  });
  const images = shallowRef<LiveImages>();
  /** Place of the image that shows; of a camera nothing. */
  const place = ref(0);
  const size = shallowRef({ width: 0, height: 0 });
  const isWaiting = useSignal('live.waiting');

  let client: LiveClient | undefined;
  let sides: LiveSides | undefined;
  let source: OpenSource | undefined;
  let statistics: StageStatistics[] = [];
  let counter = new AgreementCounter();
  let turn = 0;

  const change = (side: number, by: Partial<ShownSide>): void => {
    shown.value = shown.value.map((one, index) => (index === side ? { ...one, ...by } : one));
  };
  const events = {
    answered(side: 0 | 1, frame: FrameFacts, answer: LiveAnswer): void {
      statistics[side]!.add(answer, performance.now());
      change(side, { frame, answer, summary: statistics[side]!.summary(), problem: undefined });
      listen(shown.value[side]!, side, frame, answer);
      if (shown.value.length < 2) return;
      const agrees = counter.add(side, frame.number, answer.top[0]?.class);
      if (agrees === undefined) return;
      agreement.value = { both: counter.both, agreeing: counter.agreeing, last: agrees };
    },
    dropped: (side: 0 | 1): void => change(side, { dropped: shown.value[side]!.dropped + 1 }),
    failed(side: 0 | 1, frame: FrameFacts, error: Error): void {
      change(side, { frame, answer: undefined, problem: error.message });
      agreement.value = { ...agreement.value, last: undefined };
    },
  };

  async function start(deployments: LiveDeployment[], chosen: ChosenSource): Promise<void> {
    stop();
    const mine = ++turn;
    status.value = 'opening';
    problem.value = '';
    try {
      const opened = await openLiveClient();
      if (mine !== turn) return opened.close();
      client = opened;
      const { session, sides: infos } = await opened.call('live.open', { deployments });
      if (mine !== turn) return;
      statistics = infos.map(() => new StageStatistics(keptFrames));
      counter = new AgreementCounter();
      agreement.value = { both: 0, agreeing: 0 };
      shown.value = infos.map((info, side) => ({ info, dropped: 0, summary: statistics[side]!.summary() }));
      sides = new LiveSides(opened, session, infos.length, events);
      const found = await openSource(chosen, {
        client: opened,
        session,
        sides,
        video: video.value!,
        canvas: canvas.value!,
        sized: (now) => (size.value = now),
        moved: (now) => (place.value = now),
        ended: () => (paused.value = true),
      });
      if (mine !== turn) return found.close();
      source = found;
      images.value = found.images;
      paused.value = !found.isMoving;
      status.value = 'running';
      if (found.isMoving) await found.play();
      else await found.step(0);
    } catch (thrown) {
      if (mine !== turn) return;
      stop();
      problem.value =
        toAppError(thrown).code === 'internal' && thrown instanceof Error ? thrown.message : toAppError(thrown).message;
    }
  }

  function stop(): void {
    turn++;
    source?.close();
    sides?.close();
    client?.close();
    source = sides = client = undefined;
    images.value = undefined;
    place.value = 0;
    size.value = { width: 0, height: 0 };
    status.value = 'idle';
    shown.value = [];
  }

  function pause(wanted: boolean): void {
    if (!source || paused.value === wanted) return;
    paused.value = wanted;
    for (const one of statistics) one.restartClock();
    if (wanted) source.pause();
    else if (!isWaiting.value) void source.play();
  }

  /** One frame on, or (of images) back. */
  async function step(by: 1 | -1): Promise<void> {
    pause(true);
    await source?.step(by);
  }

  /** The frame that shows, answered by every side: what a snapshot holds. */
  async function settle(): Promise<string | undefined> {
    pause(true);
    await source?.step(0);
    return source?.picture();
  }

  // While latencies are measured nothing here may compute: decoding a camera would falsify them too.
  watch(isWaiting, (now) => {
    if (!source || paused.value) return;
    for (const one of statistics) one.restartClock();
    if (now) source.pause();
    else void source.play();
  });
  onScopeDispose(stop);

  return {
    status,
    problem,
    paused,
    shown,
    agreement,
    images,
    place,
    size,
    isWaiting,
    start,
    stop,
    pause,
    step,
    settle,
  };
}
