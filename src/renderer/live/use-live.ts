import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';
import { toAppError, type AppError } from '@shared/errors';
import { AgreementCounter } from '@shared/live/agreement';
import type { LiveAnswer } from '@shared/live/answer';
import { classOnSide, type ClassComparison } from '@shared/live/class-comparison';
import type { LiveDeployment, LiveImages } from '@shared/live/session';
import { StageStatistics } from '@shared/live/stage-statistics';
import { useSignal } from '../bridge/client';
import { openLiveClient, type LiveClient } from './live-client';
import { LiveSides, type FrameFacts, type SideEvents } from './live-sides';
import { openSource } from './open-source';
import type { ShownPicture } from './shown-picture';
import { answeredSide, freshSide, type ShownSide } from './shown-side';
import type { ChosenSource, OpenSource } from './source';

/** Frames that percentiles look back on: some ten seconds of a camera. */
const keptFrames = 300;

export interface LiveElements {
  video: Readonly<Ref<HTMLVideoElement | null>>;
  canvas: Readonly<Ref<HTMLCanvasElement | null>>;
}

/** What hears of every answer: the record. */
type Listener = (shown: ShownSide, side: 0 | 1, frame: FrameFacts, answer: LiveAnswer) => void;

/** What is open, and what it is asked with. */
interface Open {
  client: LiveClient;
  session: string;
  sides: LiveSides;
  source: OpenSource;
}

/** A session of Live and its source; both end with the scope. */
export function useLive({ video, canvas }: LiveElements, listen: Listener) {
  const status = ref<'idle' | 'opening' | 'running'>('idle');
  const problem = ref('');
  const paused = ref(false);
  const shown = shallowRef<ShownSide[]>([]);
  const comparison = shallowRef<ClassComparison>();
  const agreement = shallowRef<{ both: number; agreeing: number; last?: boolean | undefined }>({
    both: 0,
    agreeing: 0,
  });
  const images = shallowRef<LiveImages>();
  /** Place of the image that shows; of a camera nothing. */
  const place = ref(0);
  const size = shallowRef({ width: 0, height: 0 });
  const isWaiting = useSignal('live.waiting');

  let open: Open | undefined;
  let statistics: StageStatistics[] = [];
  let counter = new AgreementCounter();
  /** Of the session that is open or opening: fires when nobody wants it any more. */
  let wanted = new AbortController();

  const change = (side: number, by: Partial<ShownSide>): void => {
    shown.value = shown.value.map((one, index) => (index === side ? { ...one, ...by } : one));
  };
  /** Of a problem that ended the process of a side, too. */
  const failed = (side: 0 | 1, error: AppError): void => {
    change(side, {
      answer: undefined,
      problem: error.message,
      state: error.code === 'live.ended' ? 'gone' : undefined,
    });
    agreement.value = { ...agreement.value, last: undefined };
  };
  const events: SideEvents = {
    answered(side, facts, answer) {
      const frame = { ...facts, label: classOnSide(side, facts.label, comparison.value) };
      const best = answer.top[0]?.class;
      statistics[side]!.add(answer, performance.now());
      change(side, answeredSide(shown.value[side]!, frame, answer, statistics[side]!.summary()));
      listen(shown.value[side]!, side, frame, answer);
      if (!comparison.value || 'problem' in comparison.value) return;
      // As the second side numbers classes.
      const agrees = counter.add(side, facts.number, side === 0 ? classOnSide(1, best, comparison.value) : best);
      if (agrees === undefined) return;
      agreement.value = { both: counter.both, agreeing: counter.agreeing, last: agrees };
    },
    dropped: (side) => change(side, { dropped: shown.value[side]!.dropped + 1 }),
    failed(side, frame, error) {
      change(side, { frame });
      failed(side, error);
    },
  };

  async function start(deployments: LiveDeployment[], chosen: ChosenSource): Promise<void> {
    stop();
    const { signal } = (wanted = new AbortController());
    status.value = 'opening';
    problem.value = '';
    try {
      const client = await openLiveClient(signal);
      const session = crypto.randomUUID();
      const opened = await client.call('live.open', { session, deployments });
      statistics = opened.sides.map(() => new StageStatistics(keptFrames));
      counter = new AgreementCounter();
      agreement.value = { both: 0, agreeing: 0 };
      comparison.value = opened.comparison;
      shown.value = opened.sides.map((info, side) => freshSide(info, statistics[side]!.summary()));
      const sides = new LiveSides(client, session, opened.sides.length, events);
      signal.addEventListener('abort', () => sides.close(), { once: true });
      const source = await openSource(chosen, {
        client,
        session,
        sides,
        signal,
        video: video.value!,
        canvas: canvas.value!,
        sized: (now) => (size.value = now),
        moved: (now) => (place.value = now),
        ended: () => (paused.value = true),
        lost: end,
      });
      if (signal.aborted) return source.close();
      signal.addEventListener('abort', () => source.close(), { once: true });
      open = { client, session, sides, source };
      images.value = source.images;
      paused.value = !source.isMoving;
      status.value = 'running';
      if (source.isMoving) await source.play();
      else await source.step(0);
    } catch (thrown) {
      // A late answer says nothing about what was chosen since.
      if (signal.aborted) return;
      const error = toAppError(thrown);
      end(error.code === 'internal' && thrown instanceof Error ? thrown.message : error.message);
    }
  }

  function stop(): void {
    wanted.abort();
    open = undefined;
    images.value = undefined;
    comparison.value = undefined;
    place.value = 0;
    size.value = { width: 0, height: 0 };
    status.value = 'idle';
    shown.value = [];
  }

  /** Stops, and says why. */
  function end(sentence: string): void {
    stop();
    problem.value = sentence;
  }

  /** Starts a side again whose process ended. The other goes on, and the counts of both with it. */
  async function reopen(side: 0 | 1): Promise<void> {
    const mine = open;
    if (shown.value[side]?.state !== 'gone' || !mine) return;
    change(side, { state: 'starting' });
    try {
      const info = await mine.client.call('live.reopen', { session: mine.session, side });
      if (mine !== open) return;
      statistics[side]!.restartClock();
      change(side, { info, problem: undefined, state: undefined });
      mine.sides.revive(side);
      await mine.source.again(side);
    } catch (thrown) {
      if (mine !== open) return;
      failed(side, toAppError(thrown));
      change(side, { state: 'gone' });
    }
  }

  function pause(isWanted: boolean): void {
    if (!open || paused.value === isWanted) return;
    paused.value = isWanted;
    for (const one of statistics) one.restartClock();
    if (isWanted) open.source.pause();
    else if (!isWaiting.value) void open.source.play();
  }

  /** One frame on, or (of images) back. */
  async function step(by: 1 | -1): Promise<void> {
    pause(true);
    // A person sets the pace, which is no rate of the network.
    for (const one of statistics) one.restartClock();
    await open?.source.step(by);
  }

  /** Pauses: the frame that shows, once every side has answered it. */
  async function settle(): Promise<ShownPicture | undefined> {
    const mine = open;
    pause(true);
    const picture = await mine?.source.settle();
    return mine === open ? picture : undefined;
  }

  // While latencies are measured nothing here may compute: decoding a camera would falsify them too.
  watch(isWaiting, (now) => {
    if (!open || paused.value) return;
    for (const one of statistics) one.restartClock();
    if (now) open.source.pause();
    else void open.source.play();
  });
  onScopeDispose(stop);

  return {
    status,
    problem,
    paused,
    shown,
    comparison,
    agreement,
    images,
    place,
    size,
    isWaiting,
    start,
    stop,
    reopen,
    pause,
    step,
    settle,
  };
}
