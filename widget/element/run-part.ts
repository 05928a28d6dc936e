import type * as part from "../run/run.ts";
import { lazyPart } from "./lazy-part.ts";

/** Everything from the press on. */
export type RunPart = typeof part;

export const loadRunPart = lazyPart(() => import("../run/run.ts"));
