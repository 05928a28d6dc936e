import { lazyPart } from "../element/lazy-part.ts";
import { whenLoaded } from "./when-loaded.ts";

/** The part for all that a run which prints text and succeeds does not show. Loaded once a run was accepted. */
export const loadOtherStates = lazyPart(() => import("./other-states.ts"));

/** For templates: undefined until it is loaded. */
export const otherStates = whenLoaded(loadOtherStates);
