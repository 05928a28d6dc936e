import { lazyPart } from "../element/lazy-part.ts";
import { whenLoaded } from "./when-loaded.ts";

export const outputMarks = whenLoaded(lazyPart(() => import("./output-marks.ts")));
