import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { problemOf } from "../../http/problem.ts";
import type { SignedIn } from "../../accounts/sessions.ts";
import { layout, type Html, type Page } from "../layout.ts";
import { blocksStyle } from "./assets.ts";
import { refusedPage } from "./refused-page.ts";
import { claimedBlock, type ClaimedBlock, type ShownBlock } from "./shown-block.ts";

export interface ServeBlockDeps {
  currentUser: (c: Context) => Promise<SignedIn | undefined>;
  version: string;
}

/** The part of a block's page that differs from the others. */
export type BlockContent = Pick<Page, "scripts" | "head"> & {
  main: Html;
  /** Absent: 200. */
  status?: 404;
};

export type ServeBlock = ReturnType<typeof createServeBlock>;

/**
 * Serves pages of the block that `find` finds. A browser gets a refusal as a page, a program as a problem document.
 */
export function createServeBlock(
  find: (c: Context) => Promise<ShownBlock>,
  { currentUser, version }: ServeBlockDeps,
) {
  return (content: (c: Context, block: ClaimedBlock) => Promise<Response | BlockContent>) =>
    async (c: Context): Promise<Response> => {
      c.header("cache-control", "no-store");
      try {
        const block = claimedBlock(await find(c));
        const made = await content(c, block);
        if (made instanceof Response) return made;
        return c.html(await pageOf(c, block, made), made.status ?? 200);
      } catch (error) {
        if (!(error instanceof ApiError) || !isForPerson(c, error)) throw error;
        const { title, status } = problemOf(error.code);
        if (error.retryAfterS !== undefined) c.header("retry-after", String(error.retryAfterS));
        const options = { version, signedIn: await currentUser(c) };
        const refused = refusedPage(title, error.detail, options);
        return c.html(await refused, status as ContentfulStatusCode);
      }
    };

  async function pageOf(c: Context, block: ClaimedBlock, content: BlockContent) {
    return layout({
      title: block.title,
      description: `A ${block.claims.runtime} program that anybody may run, signed by ${block.project}.`,
      wide: true,
      style: blocksStyle.path,
      signedIn: await currentUser(c),
      version,
      ...content,
    });
  }
}

/** The server's own faults are logged by the app, which answers them. */
function isForPerson(c: Context, { code }: ApiError): boolean {
  return code !== "internal" && c.req.header("accept")?.includes("text/html") === true;
}
