import * as v from "valibot";

/** A pass of a matrix, counted from 1. */
export const PassNumberSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000));

/** A pass that does not run: it went well in an earlier run at the same commit. */
export const TakenOverSchema = v.object({
  pass: PassNumberSchema,
  run: v.pipe(v.string(), v.maxLength(64)),
});
export type TakenOver = v.InferOutput<typeof TakenOverSchema>;
