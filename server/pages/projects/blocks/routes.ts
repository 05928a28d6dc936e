import { Hono, type Context } from "hono";
import type { MiddlewareHandler } from "hono";
import { inspectBlock } from "../../../../blocks/inspect.ts";
import { pagePaths } from "../../../../protocol/paths.ts";
import { isBlockName } from "../../../../protocol/registered-blocks.ts";
import type { Reading } from "../../../commands/reading/reading.ts";
import type { BlockPublishing } from "../../../projects/blocks/publishing.ts";
import type { Projects } from "../../../projects/projects.ts";
import { slugOf } from "../../../projects/slug.ts";
import type { Runs } from "../../../runs/runs.ts";
import { tabsScript } from "../../assets.ts";
import { blocksStyle } from "../../blocks/assets.ts";
import { FormError, UNTOUCHED, type FormState } from "../../form/mistakes.ts";
import { fieldText, readForm } from "../../form/read-form.ts";
import { refusedForm } from "../../refused-form.ts";
import { pageOf } from "../paging.ts";
import { createServePage, trailOf, type ServePageDeps } from "../serve-page.ts";
import { shell } from "../shell.ts";
import { revokePage } from "./actions.ts";
import { WRONG_NAME } from "../sign/form.ts";
import { ownBlockPage } from "./block.ts";
import { blocksPage } from "./list.ts";
import { mistakesOfBlock } from "./mistakes.ts";

export interface ProjectBlockPagesDeps extends ServePageDeps {
  projects: Projects;
  publishing: BlockPublishing;
  reading: Pick<Reading, "runsOfBlock">;
  lastResults: Runs["lastResults"];
  /** Security headers that let the element run blocks. */
  headers: MiddlewareHandler;
  /** Path of the element's script. */
  script: string;
  /** The server's public URL. */
  url: string;
}

/** Most runs on a block's page. */
const LAST_RUNS = 10;
const MAX_WORDS = 10;

/** The pages about a project's blocks, for its people. */
export function projectBlockPages(deps: ProjectBlockPagesDeps): Hono {
  const { projects, publishing, reading, lastResults, access, url, version } = deps;
  const { blocks } = projects;
  const app = new Hono().onError(refusedForm({ currentUser: access.currentUser, version }));
  const slug = ":owner/:name";
  const one = pagePaths.ownBlock(slug, ":id");
  app.use(pagePaths.blocks(slug), deps.headers);
  app.use(`${pagePaths.blocks(slug)}/*`, deps.headers);
  const page = createServePage(app, deps);
  const idOf = (c: Context) => c.req.param("id") ?? "";
  const blockOf = (c: Context) => blocks.get(slugOf(c), idOf(c));

  page(
    pagePaths.blocks(slug),
    async (c, { project, may, now }) => {
      const search = (c.req.query("q") ?? "").trim().slice(0, 200);
      const words = search.split(/\s+/).filter(Boolean).slice(0, MAX_WORDS);
      const before = c.req.query("before");
      const found = await pageOf(
        (limit) => blocks.search(project.slug, { words, before, limit }),
        ({ id }) => id,
      );
      const isLater = before !== undefined;
      const options = { slug: project.slug, blocks: found, search, isLater, now };
      return {
        title: `Blocks of ${project.slug}`,
        tab: "blocks" as const,
        here: "Blocks",
        description: `The signed blocks of ${project.slug}.`,
        above: [trailOf(project.slug)],
        style: blocksStyle.path,
        main: blocksPage({ ...options, maySign: may("admin") }),
      };
    },
    { own: true },
  );

  /** The content of a block's page. */
  async function show(c: Context, mayChange: boolean, state: FormState) {
    const block = await blockOf(c);
    const { kid } = inspectBlock(block.token).header;
    const stored = await lastResults.find(block.token);
    const main = ownBlockPage({
      block,
      key: (await projects.keys(block.project)).find((key) => key.kid === kid),
      refusal: await publishing.refusalOf(block),
      runs: await reading.runsOfBlock(block.digest, LAST_RUNS),
      storedAt: stored?.ended_at ?? undefined,
      mayChange,
      state,
      url,
      now: deps.now(),
    });
    return {
      title: `${block.title} · ${block.project}`,
      tab: "blocks" as const,
      here: "Block",
      description: `A signed block of ${block.project}.`,
      above: [trailOf(block.project), [pagePaths.blocks(block.project), "Blocks"] as const],
      style: blocksStyle.path,
      scripts: [deps.script, tabsScript.path],
      main,
    };
  }

  page(one, (c, { may }) => show(c, may("admin"), UNTOUCHED), { own: true });

  app.post(`${one}/publish`, async (c) => {
    await access.submit(c, slugOf(c), "admin");
    const form = await readForm(c);
    try {
      const as = fieldText(form, "as");
      if (as !== "" && !isBlockName(as)) throw new FormError({ as: WRONG_NAME });
      await publishing.change(slugOf(c), idOf(c), { published: true, as: as || undefined });
      return c.redirect(pagePaths.ownBlock(slugOf(c), idOf(c)), 303);
    } catch (error) {
      const wrong = mistakesOfBlock(error, { as: "as" });
      if (!wrong) throw error;
      const content = await show(c, true, { typed: form, mistakes: wrong.mistakes });
      c.header("cache-control", "no-store");
      const signedIn = await access.currentUser(c);
      return c.html(shell({ ...content, signedIn, version }), wrong.status);
    }
  });

  app.post(`${one}/unpublish`, async (c) => {
    await access.submit(c, slugOf(c), "admin");
    await publishing.change(slugOf(c), idOf(c), { published: false });
    return c.redirect(pagePaths.ownBlock(slugOf(c), idOf(c)), 303);
  });

  page(
    `${one}/revoke`,
    async (c) => {
      const block = await blockOf(c);
      const { project, id, title } = block;
      return {
        title: `Revoke ${title}`,
        tab: "blocks" as const,
        here: "Revoke",
        description: "Asks before a block is revoked.",
        above: [
          trailOf(project),
          [pagePaths.blocks(project), "Blocks"],
          [pagePaths.ownBlock(project, id), "Block"],
        ],
        main: revokePage(block),
      };
    },
    { scope: "admin", fresh: true },
  );

  app.post(`${one}/revoke`, async (c) => {
    await access.submit(c, slugOf(c), "admin", { fresh: true });
    const { project, id, token } = await blockOf(c);
    await projects.revokeBlock(project, inspectBlock(token).claims.jti);
    return c.redirect(pagePaths.ownBlock(project, id), 303);
  });

  return app;
}
