import type { MiddlewareHandler } from "hono";
import { Hono, type Context } from "hono";
import * as v from "valibot";
import { inspectBlock } from "../../../../blocks/inspect.ts";
import { ApiError } from "../../../../protocol/deferred-error.ts";
import { pagePaths } from "../../../../protocol/paths.ts";
import { KeyRequestSchema } from "../../../../protocol/requests.ts";
import {
  MAX_CODE_BYTES,
  MAX_FILES_BYTES,
  MAX_STORED_FILE_BYTES,
} from "../../../../protocol/sizes.ts";
import { newId } from "../../../database/ids.ts";
import { bodyBytes } from "../../../http/bodies/read.ts";
import type { BlockPublishing } from "../../../projects/blocks/publishing.ts";
import type { Projects } from "../../../projects/projects.ts";
import { slugOf } from "../../../projects/slug.ts";
import type { Asset } from "../../assets.ts";
import { blocksStyle } from "../../blocks/assets.ts";
import { FormError, UNTOUCHED, type FormState } from "../../form/mistakes.ts";
import { isChecked, readForm as formOf } from "../../form/read-form.ts";
import { refusedForm } from "../../refused-form.ts";
import { mistakesOfBlock } from "../blocks/mistakes.ts";
import { createServePage, trailOf, type ServePageDeps } from "../serve-page.ts";
import { shell } from "../shell.ts";
import { claimsOf } from "./claims.ts";
import { formOfBlock } from "./form-of-block.ts";
import { readSignForm, type SignForm } from "./form.ts";
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

/** Each character of the codes may be sent as three; files are in base64. */
const MAX_BYTES = 3 * MAX_CODE_BYTES + 1.4 * MAX_FILES_BYTES + 64 * 1024;

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
      const { token, code, parts } = await projects.blocks.get(slug, id);
      const typed = formOfBlock(inspectBlock(token).claims, code, parts);
      return show(slug, { typed, mistakes: {} });
    },
    { scope: "admin" },
  );

  app.post(at, async (c) => {
    const slug = slugOf(c);
    await access.submit(c, slug, "admin");
    const form = await formOf(c, { maxBytes: MAX_BYTES });
    try {
      const { project, id } = await register(slug, form);
      return c.redirect(pagePaths.ownBlock(project, id), 303);
    } catch (error) {
      const wrong = mistakesOfBlock(error, FIELDS);
      if (!wrong) throw error;
      return again(c, slug, form, wrong);
    }
  });

  /** Registers the block that the form holds signed, or signs it with the server's key. */
  async function register(slug: string, form: URLSearchParams) {
    const read = readForm(form);
    const signed = form.get("block") ?? "";
    const block = signed === "" ? await signByServer(slug, form, read) : signed;
    const request = { block, code: read.code, ...read.parts };
    if (!read.publish) return publishing.register(slug, request);
    return publishing.publish(slug, { ...request, as: read.as });
  }

  async function signByServer(slug: string, form: URLSearchParams, read: SignForm) {
    const { settings } = await projects.get(slug);
    if (!isChecked(form, "by_server") || !settings.server_key) throw new FormError({ "": NO_KEY });
    const facts = { project: slug, server: url, id: newId(), now: deps.now() };
    return projects.serverKey.sign(await claimsOf(read, facts));
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
    const form = await formOf(c);
    const jwk = parseJson(form.get("jwk") ?? "");
    const request = v.safeParse(KeyRequestSchema, { jwk, label: form.get("label") ?? undefined });
    if (!request.success) throw new ApiError("body_invalid", "jwk: a public key in JSON.");
    const { jwk: key, label = null } = request.output;
    const { kid } = await projects.addKey(slug, key, label, actor);
    access.note(c, label ?? kid);
    return c.json({ kid }, 201, { "cache-control": "no-store" });
  });

  addFiles();
  return app;

  /** For the page's script: files that the server stores are sent before the form, one at a time. */
  function addFiles(): void {
    app.post(`${at}/token`, async (c) => {
      const slug = slugOf(c);
      await access.submit(c, slug, "admin");
      const form = await formOf(c, { maxBytes: MAX_BYTES });
      try {
        const block = await signByServer(slug, form, readForm(form));
        return c.json({ block }, 201, { "cache-control": "no-store" });
      } catch (error) {
        if (!(error instanceof FormError)) throw error;
        throw new ApiError("body_invalid", error.message, { cause: error });
      }
    });

    app.post(`${at}/files`, async (c) => {
      const slug = slugOf(c);
      await access.submit(c, slug, "admin");
      const token = (await formOf(c)).get("block") ?? "";
      const lacking = await publishing.lackingFiles(slug, token);
      return c.json(lacking, 200, { "cache-control": "no-store" });
    });

    app.post(`${at}/files/:block`, async (c) => {
      const slug = slugOf(c);
      await access.submit(c, slug, "admin");
      const bytes = await bodyBytes(c, MAX_STORED_FILE_BYTES, { vouched: true });
      const stored = await publishing.receiveFile(slug, c.req.param("block"), bytes);
      if (!stored)
        throw new ApiError("body_invalid", "The file was changed meanwhile: choose it again.");
      return c.body(null, 204);
    });
  }
}

/** Throws `FormError`. */
function readForm(form: URLSearchParams): SignForm {
  const read = readSignForm(form);
  if ("mistakes" in read) throw new FormError(read.mistakes);
  return read;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Refused as no key.
  }
}

/** The fields that refusals are about. */
const FIELDS = {
  code_mismatch: "source",
  network_refused: "network",
  part_missing: "before",
  part_mismatch: "before",
  file_missing: "files",
  file_mismatch: "files",
  files_too_large: "files",
  as: "as",
};

const NO_KEY =
  "It was not signed: the key is in your browser, which takes a script, or a page that is open over https or from this machine.";
