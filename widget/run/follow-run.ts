import { lazyPart } from "../element/lazy-part.ts";
import { noAnswer, untilLoaded } from "../element/next-try.ts";
import { EventStream, QUEUED_MS } from "./event-stream.ts";
import type { FollowedRun } from "./follow-longer.ts";
import { loadedOtherStates, loadOtherStates } from "./other-states-part.ts";
import { prepareOutput } from "./output.ts";
import type { ViewInput } from "./run-view.ts";

/** Most runs end within this time, in ms: a stream that nothing watches is enough for them. */
const SHORT_MS = 2_500;

const loadFollowLonger = lazyPart(() => import("./follow-longer.ts"));

/** The runs of the page share a stream since a first one was passed on to it. */
let isShared = false;
/** Passes the page's only run on. */
let passOnly: (() => Promise<void>) | undefined;

/**
 * Passes the run's events to `receive`. A run that takes longer, another one beside it and a stream that breaks are
 * followed by a later part. `doubtful`: the server may have deleted the run. Returns a function that ends it.
 */
export function followRun(
  server: string,
  run: FollowedRun["run"],
  receive: (input: ViewInput) => void,
  doubtful: boolean,
): () => void {
  const leaving = new AbortController();
  const { signal } = leaving;
  let taken: Promise<unknown> | undefined;
  // An input may wait for a part. Later ones keep behind it, also those of another stream.
  const take = (input: ViewInput) => {
    taken = Promise.all([taken, prepare(input)]).then(() => {
      if (!signal.aborted) receive(input);
    });
  };
  const stream =
    doubtful || isShared || passOnly ? undefined : new EventStream(server, [`${run.id}:0`], take);
  let isPassed = false;
  const passOn = async () => {
    if (isPassed) return;
    isPassed = isShared = true;
    const part = await untilLoaded(
      loadFollowLonger,
      () => !signal.aborted,
      () => stream?.isOpen || take({ type: "trouble", trouble: noAnswer() }),
      signal,
    );
    if (!part) return stream?.close();
    part.followLonger({
      server,
      run,
      take,
      signal,
      stream,
      doubtful,
      EventStream,
      loadOtherStates,
    });
  };
  void passOnly?.();
  if (stream) {
    passOnly = passOn;
    setTimeout(passOn, SHORT_MS);
    setTimeout(() => stream.isQueued && passOn(), QUEUED_MS);
    void stream.end.then(passOn);
    // A doubtful connection; and an open one would keep the page out of the back/forward cache.
    for (const event of ["online", "pagehide"]) {
      addEventListener(event, () => stream.close(), { signal });
    }
  } else void passOn();
  return () => {
    leaving.abort();
    if (!isPassed) stream?.close();
    isPassed = true;
    if (passOnly === passOn) passOnly = undefined;
  };
}

/** Loads what an input needs; undefined: nothing. If it can't be loaded, the state or the looks before it stay. */
function prepare(input: ViewInput): Promise<unknown> | undefined {
  if (input.type === "output") return prepareOutput(input.text);
  const isOther = input.type === "waking" || input.type === "retrying";
  return isOther && !loadedOtherStates() ? loadOtherStates() : undefined;
}
