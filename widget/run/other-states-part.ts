import { lazyPart } from "../element/lazy-part.ts";
import type * as otherStatesModule from "./other-states.ts";

const load = lazyPart(() => import("./other-states.ts"));
let part: typeof otherStatesModule | undefined;
/** The clock of an element draws it many times a second: after a failure the part is asked for again after this time. */
const RETRY_MS = 1_000;
let failedAt = -Infinity;

/** Loads the part for all that a run which prints text and succeeds does not need. Undefined: that failed. */
export async function loadOtherStates(): Promise<typeof otherStatesModule | undefined> {
  try {
    part ??= await load();
  } catch {
    failedAt = performance.now();
  }
  return part;
}

/** Loads the part. Throws an error if that failed. */
export async function needOtherStates(): Promise<typeof otherStatesModule> {
  const loaded = await loadOtherStates();
  if (!loaded) throw new Error("The part for other states could not be loaded.");
  return loaded;
}

/** The part, if it is loaded. */
export function loadedOtherStates(): typeof otherStatesModule | undefined {
  return part;
}

/** Whether it could not be loaded; it is asked for again. */
export function lacksOtherStates(): boolean {
  return !part && failedAt > -Infinity;
}

/** For templates: the part, or undefined until `update` is called, because it is loaded or could not be. */
export function otherStates(update: () => void): typeof otherStatesModule | undefined {
  if (!part && performance.now() - failedAt > RETRY_MS) {
    void loadOtherStates().then(update);
  }
  return part;
}
