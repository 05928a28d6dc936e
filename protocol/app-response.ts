import * as v from "valibot";

/** The answer of the app that a `request` run booted, as its artifact `response.json`. */
export const AppResponseSchema = v.object({
  status: v.number(),
  headers: v.array(v.tuple([v.string(), v.string()])),
  /** Text, or base64 where it is not UTF-8. */
  body: v.string(),
  encoding: v.picklist(["utf8", "base64"]),
  /** Seconds until the app answered on its port, and from then to the whole answer. */
  booted_s: v.number(),
  took_s: v.number(),
});
export type AppResponse = v.InferOutput<typeof AppResponseSchema>;
