import { Hono, type Context } from "hono";
import { inspectBlock } from "../../../blocks/inspect.ts";
import { verifyToken } from "../../../blocks/verify.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import type { FindGistFile } from "../../gists/found-file.ts";
import type { Projects } from "../../projects/projects.ts";
import { blockPages, type BlockPagesDeps } from "./routes.ts";
import type { ShownBlock } from "./shown-block.ts";

export interface GistPagesDeps extends BlockPagesDeps {
  findGistFile: FindGistFile;
  projects: Projects;
}

/** The pages of gists whose files have signatures beside them. */
export function gistPages({ findGistFile, projects, ...deps }: GistPagesDeps) {
  const { url, now, callers } = deps;

  /** Throws why the gist has no page, and why its block can't be run. */
  async function find(user: string, id: string, file: string | undefined) {
    const found = await findGistFile(user, id, file);
    const origin = new URL(url).origin;
    await verifyToken(found.block, { registry: projects, audience: url, origin, now: now() });
    const block: ShownBlock = {
      token: found.block,
      code: found.code,
      parts: {},
      path: pagePaths.gist(user, id, file),
      project: inspectBlock(found.block).claims.iss,
      name: `${found.file} by ${found.user}`,
      source: { text: `${found.user}/${found.id}`, url: found.url },
    };
    return { block, isPublic: found.isPublic };
  }

  async function findAsked(c: Context): Promise<ShownBlock> {
    callers.countRead(c);
    const { user = "", id = "", file } = c.req.param() as Partial<Record<string, string>>;
    const { block, isPublic } = await find(user, id, file);
    // Only those who have its address know a secret gist.
    if (!isPublic) c.header("x-robots-tag", "noindex");
    return block;
  }

  const app = new Hono();
  const first = pagePaths.gist(":user", ":id");
  app.get(first, async (c, next) => {
    const { user, id } = c.req.param() as { user: string; id: string };
    const file = c.req.query("file");
    if (file === undefined) return next();
    return c.redirect(pagePaths.gist(encodeURIComponent(user), encodeURIComponent(id), file), 302);
  });
  app.route("/", blockPages(first, findAsked, deps));
  app.route("/", blockPages(`${first}/files/:file`, findAsked, deps));
  return {
    routes: app,
    /** Finds the block of a page by its path. */
    findAt(path: string): Promise<ShownBlock> | undefined {
      const [, user, id, file] =
        /^\/gists\/([^/]+)\/([^/]+)(?:\/files\/([^/]+))?$/.exec(path) ?? [];
      if (user === undefined || id === undefined) return undefined;
      return find(user, id, file && decoded(file)).then(({ block }) => block);
    },
  };
}

/** Decodes a segment of a path; leaves it as it is if its percent-encoding is invalid. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
