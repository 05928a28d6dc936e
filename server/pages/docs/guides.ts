import { readFile } from "node:fs/promises";
import * as v from "valibot";

const GuideSectionSchema = v.object({
  /** The heading's address on the page; empty before the first heading. */
  id: v.string(),
  heading: v.string(),
  level: v.number(),
  /** Without its subsections. */
  text: v.string(),
});
export type GuideSection = v.InferOutput<typeof GuideSectionSchema>;

const GuideSchema = v.object({
  /** Below `/docs/`. */
  path: v.string(),
  /** In lists. */
  name: v.string(),
  title: v.string(),
  sentence: v.string(),
  html: v.string(),
  sections: v.array(GuideSectionSchema),
});
export type Guide = v.InferOutput<typeof GuideSchema>;

const GuidesSchema = v.array(
  v.object({
    name: v.string(),
    /** Whether only its own guides list it. */
    folded: v.boolean(),
    guides: v.array(GuideSchema),
  }),
);
/** Groups of guides, rendered from Markdown when the package is built. */
export type Guides = v.InferOutput<typeof GuidesSchema>;

/** Reads the file that the build wrote. */
export async function readGuides(file: string): Promise<Guides> {
  return v.parse(GuidesSchema, JSON.parse(await readFile(file, "utf8")));
}
