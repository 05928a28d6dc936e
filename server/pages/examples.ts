import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { type BlockClaims, InputSpecSchema, RuntimeSchema } from "../../protocol/claims.ts";
import { LimitsSchema } from "../../protocol/limits.ts";
import { languageOf } from "../../blocks/embed-tag.ts";
import { assetOf, type Asset } from "./assets.ts";
import { highlight } from "./highlight.ts";

/** `example.json`, which stands beside the program in a file named `block.*`. */
const ExampleFileSchema = v.strictObject({
  /** Place on the page, from 1. */
  order: v.number(),
  /** Its tab's name, of one to three words. */
  tab: v.string(),
  title: v.string(),
  /** Its subject, in one sentence. */
  sentence: v.string(),
  runtime: RuntimeSchema,
  limits: v.optional(LimitsSchema),
  cache_s: v.optional(v.number()),
  inputs: v.optional(v.record(v.string(), InputSpecSchema)),
  edit: v.optional(v.boolean()),
  /** The picture in `recorded.svg` is the program's result, which the page shows before a press. */
  recorded: v.optional(v.strictObject({ alt: v.string() })),
  /** Replaces the signed code on the page, to show that the server refuses it. */
  tampered: v.optional(v.string()),
});

/** A program of the examples folder. */
export interface Example extends v.InferOutput<typeof ExampleFileSchema> {
  /** Its folder's name. */
  slug: string;
  /** The program as its author wrote it. */
  code: string;
  picture?: Asset;
}

/** The claims that an example's author sets; the signer adds the rest. */
export type ExampleClaims = Pick<
  BlockClaims,
  "runtime" | "limits" | "cache_s" | "inputs" | "edit" | "origins"
>;

/** An example in its form on the page. */
export interface SignedExample {
  slug: string;
  tab: string;
  title: string;
  sentence: string;
  runtime: string;
  /** The text on the page. */
  code: string;
  /** The compact JWS. */
  block: string;
  /** `code` as highlighted HTML with the same text. */
  html: string;
  /** Path and text alternative of the picture that an earlier run left. */
  recorded?: { path: string; alt: string } | undefined;
}

/** All examples of `folder`, in their order. Folders without an `example.json` are pages, not blocks. */
export async function loadExamples(folder: string): Promise<Example[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const examples = await Promise.all(folders.map((slug) => loadExample(folder, slug)));
  return examples.filter((example) => example !== undefined).sort((a, b) => a.order - b.order);
}

/** Each example with a token over its code by `sign`. */
export function signExamples(
  examples: readonly Example[],
  sign: (claims: ExampleClaims, code: string) => Promise<string>,
): Promise<SignedExample[]> {
  return Promise.all(
    examples.map(async (example) => {
      const { slug, tab, title, sentence, runtime, limits, cache_s, inputs, edit } = example;
      const { recorded, picture } = example;
      const code = (example.tampered ?? example.code).trimEnd();
      return {
        slug,
        tab,
        title,
        sentence,
        runtime,
        code,
        block: await sign({ runtime, limits, cache_s, inputs, edit }, example.code),
        html: highlight(code, languageOf(runtime)),
        ...(recorded && picture && { recorded: { path: picture.path, alt: recorded.alt } }),
      };
    }),
  );
}

async function loadExample(folder: string, slug: string): Promise<Example | undefined> {
  const files = await readdir(join(folder, slug));
  const program = files.find((file) => file.startsWith("block."));
  if (!files.includes("example.json") || program === undefined) return undefined;
  const read = (file: string) => readFile(join(folder, slug, file), "utf8");
  const [facts, code] = await Promise.all([read("example.json"), read(program)]);
  const example = v.parse(ExampleFileSchema, JSON.parse(facts));
  if (!example.recorded) return { ...example, slug, code };
  const picture = assetOf(slug, "svg", "image/svg+xml", await read("recorded.svg"));
  return { ...example, slug, code, picture };
}
