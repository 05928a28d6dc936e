import { Hono, type Context } from "hono";
import { cors } from "hono/cors";
import * as v from "valibot";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { escapeHtml } from "../../../protocol/escape-html.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import type { CallerLimits } from "../../http/limits/callers.ts";
import { describe } from "../../http/openapi/describe.ts";
import { IMAGE_SIZE } from "./image-size.ts";
import { frameHeight, frameTag } from "./frame-tag.ts";
import { claimedBlock, type ClaimedBlock, type ShownBlock } from "./shown-block.ts";

/** Finds the block whose page is at a path; undefined where the path is of another kind of page. */
type FindAt = (path: string) => Promise<ShownBlock> | undefined;

export interface OembedDeps {
  callers: Pick<CallerLimits, "countRead">;
  kinds: readonly FindAt[];
  /** The server's public URL. */
  url: string;
}

const MAX_URL = 2000;
const WIDTH = 720;
const CACHE_S = 300;

const OembedSchema = v.object({
  version: v.literal("1.0"),
  type: v.literal("rich"),
  title: v.string(),
  author_name: v.string(),
  provider_name: v.string(),
  provider_url: v.string(),
  cache_age: v.number(),
  /** An `iframe` of the block. */
  html: v.string(),
  width: v.number(),
  height: v.number(),
  thumbnail_url: v.string(),
  thumbnail_width: v.number(),
  thumbnail_height: v.number(),
});
type Oembed = v.InferOutput<typeof OembedSchema>;

/** oEmbed: sites that turn addresses into frames ask here for the frame of a block's page. */
export function oembedRoutes({ callers, kinds, url }: OembedDeps): Hono {
  const app = new Hono();
  app.use(pagePaths.oembed, cors({ origin: "*", allowMethods: ["GET", "HEAD"] }));
  app.get(pagePaths.oembed, docs, async (c) => {
    // A gist may have to be fetched.
    callers.countRead(c);
    const format = c.req.query("format") ?? "json";
    if (format !== "json" && format !== "xml") throw new ApiError("format_unsupported");
    const block = claimedBlock(await findBlock(c));
    const answer = oembedOf(block, url, {
      width: pixels(c, "maxwidth"),
      height: pixels(c, "maxheight"),
    });
    c.header("cache-control", `public, max-age=${CACHE_S}`);
    if (format === "json") return c.json(answer);
    return c.body(toXml(answer), 200, { "content-type": "text/xml; charset=utf-8" });
  });
  return app;

  async function findBlock(c: Context): Promise<ShownBlock> {
    const asked = URL.parse((c.req.query("url") ?? "").slice(0, MAX_URL));
    if (asked?.origin !== new URL(url).origin) {
      throw new ApiError("query_invalid", `url: the address of a block's page at ${url}.`);
    }
    for (const find of kinds) {
      const found = find(asked.pathname.replace(/\/embed$/, ""));
      if (found) return found;
    }
    throw new ApiError("block_not_found");
  }
}

function pixels(c: Context, name: string): number | undefined {
  const text = c.req.query(name);
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new ApiError("query_invalid", `${name}: a number of pixels.`);
}

function oembedOf(
  block: ClaimedBlock,
  url: string,
  most: { width: number | undefined; height: number | undefined },
): Oembed {
  const width = Math.min(WIDTH, most.width ?? WIDTH);
  const height = Math.min(frameHeight(block), most.height ?? Number.POSITIVE_INFINITY);
  return {
    version: "1.0",
    type: "rich",
    title: block.title,
    author_name: block.project,
    provider_name: "Deferred Runner",
    provider_url: url,
    cache_age: CACHE_S,
    html: frameTag(block, url, { width, height }),
    width,
    height,
    thumbnail_url: `${url}${block.path}/image.png`,
    thumbnail_width: IMAGE_SIZE.width,
    thumbnail_height: IMAGE_SIZE.height,
  };
}

function toXml(answer: Oembed): string {
  const elements = Object.entries(answer).map(
    ([name, value]) => `  <${name}>${escapeHtml(String(value))}</${name}>`,
  );
  const head = '<?xml version="1.0" encoding="utf-8" standalone="yes"?>';
  return [head, "<oembed>", ...elements, "</oembed>", ""].join("\n");
}

const docs = describe({
  tag: "Blocks",
  summary: "Find the frame of a block's page",
  description: "[oEmbed](https://oembed.com): for sites that turn addresses into frames.",
  query: {
    url: "The address of a published block's page.",
    format: "`json` or `xml`; json unless given.",
    maxwidth: "Pixels that the frame may be wide.",
    maxheight: "Pixels that it may be high.",
  },
  answers: { 200: ["The frame, as JSON or XML.", OembedSchema] },
  errors: [
    "query_invalid",
    "format_unsupported",
    "block_not_found",
    "block_unpublished",
    "rate_limited",
  ],
});
