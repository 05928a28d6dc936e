import { Hono, type Context } from "hono";
import { verifyToken } from "../../../blocks/verify.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import type { Projects } from "../../projects/projects.ts";
import { slugOf } from "../../projects/slug.ts";
import { addScriptRoute } from "./elsewhere-routes.ts";
import { blockPages, type BlockPagesDeps } from "./routes.ts";
import type { ShownBlock } from "./shown-block.ts";

export interface RegisteredBlockPagesDeps extends BlockPagesDeps {
  projects: Projects;
}

/** The pages of published blocks. A block that merely ran has none. */
export function registeredBlockPages({ projects, ...deps }: RegisteredBlockPagesDeps) {
  const { url, now } = deps;

  /**
   * Finds a block by its id or its name. Throws why the block has no page: it is unknown, unpublished, revoked, expired,
   * or of a revoked key.
   */
  async function find(project: string, idOrName: string): Promise<ShownBlock> {
    const block = await projects.blocks.published(project, idOrName);
    const origin = new URL(url).origin;
    await verifyToken(block.token, { registry: projects, audience: url, origin, now: now() });
    const path = pagePaths.block(project, idOrName);
    return {
      token: block.token,
      code: block.code,
      parts: block.parts,
      path,
      ownPath: pagePaths.block(project, block.id),
      project,
      scriptPath: `${path}.js`,
      ...(block.publishedAt !== null && { publishedAt: block.publishedAt }),
    };
  }

  const findAsked = (c: Context) =>
    find(slugOf(c), (c.req.param("block") ?? "").replace(/\.js$/, ""));
  const app = new Hono();
  // Before the page, whose id could end so.
  addScriptRoute(app, pagePaths.block(":owner/:name", ":block{[0-9a-z-]+\\.js}"), findAsked, {
    url,
  });
  app.route("/", blockPages(pagePaths.block(":owner/:name", ":block"), findAsked, deps));
  return {
    routes: app,
    /** Finds the block of a page by its path. */
    findAt(path: string): Promise<ShownBlock> | undefined {
      const [, project, id] = /^\/([^/]+\/[^/]+)\/blocks\/([^/]+)$/.exec(path) ?? [];
      return project === undefined || id === undefined ? undefined : find(project, id);
    },
  };
}
