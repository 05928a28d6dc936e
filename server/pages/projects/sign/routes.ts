import type { MiddlewareHandler } from "hono";
import { Hono, type Context } from "hono";
import * as v from "valibot";
import { inspectBlock } from "../../../../blocks/inspect.ts";
import { ApiError } from "../../../../protocol/deferred-error.ts";
import { pagePaths } from "../../../../protocol/paths.ts";
import { KeyRequestSchema } from "../../../../protocol/requests.ts";
import { MAX_CODE_BYTES } from "../../../../protocol/sizes.ts";
import type { BlockPublishing } from "../../../projects/blocks/publishing.ts";
import type { Projects } from "../../../projects/projects.ts";
import { slugOf } from "../../../projects/slug.ts";
import type { Asset } from "../../assets.ts";
import { blocksStyle } from "../../blocks/assets.ts";
import { FormError, UNTOUCHED, type FormState } from "../../form/mistakes.ts";
import { isChecked, readForm } from "../../form/read-form.ts";
import { refusedForm } from "../../refused-form.ts";
import { mistakesOfBlock } from "../blocks/mistakes.ts";
import { createServePage, trailOf, type ServePageDeps } from "../serve-page.ts";
import { shell } from "../shell.ts";
import { formOfBlock, readSignForm } from "./form.ts";
import { signBlockPage } from "./page.ts";

export interface SignPagesDeps extends ServePageDeps {
  projects: Projects;
  publishing: BlockPublishing;
  headers: MiddlewareHandler;
  /** Signs in the browser. */
  signScript: Asset;
  /** The server's public URL. */
  url: string;
}

/** Each character of the code may be sent as three. */
const MAX_BYTES = 3 * MAX_CODE_BYTES + 64 * 1024;

/** The page that signs blocks, for the project's maintainers. */
export function signPages(deps: SignPagesDeps): Hono {
  const { projects, publishing, access, signScript, url, version } = deps;
  const app = new Hono().onError(refusedForm({ currentUser: access.currentUser, version }));
  const at = pagePaths.sign(":owner/:name");
  app.use(at, deps.headers);
  app.use(`${at}/*`, deps.headers);
  const page = createServePage(app, deps);

  async function show(slug: string, state: FormState) {
    const hasServerKey = (await projects.get(slug)).settings.server_key;
    return {
      title: `Sign a block of ${slug}`,
      here: "Sign",
      tab: "blocks" as const,
      description: "Signs a program as a block.",
      above: [trailOf(slug), [pagePaths.blocks(slug), "Blocks"] as const],
      style: blocksStyle.path,
      scripts: [signScript.path],
      main: signBlockPage({ slug, state, hasServerKey, url }),
    };
  }

  page(
    at,
    async (c, { project: { slug } }) => {
      const id = c.req.query("block");
      if (id === undefined) return show(slug, UNTOUCHED);
      const { token, code } = await projects.blocks.get(slug, id);
      const typed = formOfBlock(inspectBlock(token).claims, code);
      return show(slug, { typed, mistakes: {} });
    },
    { scope: "admin" },
  );

  app.post(at, async (c) => {
    const slug = slugOf(c);
    await access.submit(c, slug, "admin");
    const form = await readForm(c, { maxBytes: MAX_BYTES });
    try {
      const { project, id } = await register(slug, form);
      return c.redirect(pagePaths.ownBlock(project, id), 303);
    } catch (error) {
      const wrong = mistakesOfBlock(error, { code_mismatch: "source", network_refused: "network" });
      if (!wrong) throw error;
      return again(c, slug, form, wrong);
    }
  });

  /** Registers the block that the form holds signed, or signs it with the server's key. */
  async function register(slug: string, form: URLSearchParams) {
    const read = readSignForm(form);
    if ("mistakes" in read) throw new FormError(read.mistakes);
    const { code, terms } = read;
    const signed = form.get("block") ?? "";
    if (signed !== "") return publishing.register(slug, { block: signed, code });
    const { settings } = await projects.get(slug);
    if (!isChecked(form, "by_server") || !settings.server_key) throw new FormError({ "": NO_KEY });
    const block = await projects.serverKey.sign(slug, { aud: url, code, terms });
    return publishing.register(slug, { block, code });
  }

  async function again(
    c: Context,
    slug: string,
    typed: URLSearchParams,
    { mistakes, status }: NonNullable<ReturnType<typeof mistakesOfBlock>>,
  ) {
    const content = await show(slug, { typed, mistakes });
    const signedIn = await access.currentUser(c);
    c.header("cache-control", "no-store");
    return c.html(shell({ ...content, signedIn, version }), status);
  }

  // For the page's script: the key was made in the browser, and the server is told its public part.
  app.post(`${at}/keys`, async (c) => {
    const slug = slugOf(c);
    const actor = await access.submit(c, slug, "admin");
    const form = await readForm(c);
    const jwk = parseJson(form.get("jwk") ?? "");
    const request = v.safeParse(KeyRequestSchema, { jwk, label: form.get("label") ?? undefined });
    if (!request.success) throw new ApiError("body_invalid", "jwk: a public key in JSON.");
    const { jwk: key, label = null } = request.output;
    const { kid } = await projects.addKey(slug, key, label, actor);
    access.note(c, label ?? kid);
    return c.json({ kid }, 201, { "cache-control": "no-store" });
  });

  return app;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Refused as no key.
  }
}

const NO_KEY =
  "It was not signed: the key is in your browser, which takes a script, or a page that is open over https or from this machine.";
