import type { Hono } from "hono";
import { html } from "hono/html";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import { CreateProjectSchema } from "../../../protocol/projects.ts";
import { safeParse } from "valibot";
import type { Access } from "../../accounts/access.ts";
import type { Connected, ConnectHook } from "../../hooks/connect-github.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import type { Projects } from "../../projects/projects.ts";
import { copyable } from "../copyable.ts";
import { checkBox, textField } from "../form/fields.ts";
import { FormError, mistakesOf, UNTOUCHED, type FormState } from "../form/mistakes.ts";
import { postForm } from "../form/post-form.ts";
import { fieldText, isChecked, readForm } from "../form/read-form.ts";
import type { Html } from "../layout.ts";
import { notFoundPage } from "../not-found.ts";
import { signInPage } from "../sign-in.ts";
import { write } from "./serve-page.ts";
import { connectedNote, keptToken, secretNote, tokenFields } from "./settings/webhook.ts";
import { shell, type ShellOptions } from "./shell.ts";

export interface NewProjectDeps {
  projects: Pick<Projects, "create" | "hookOf" | "hookSecret">;
  connectHook: ConnectHook;
  access: Pick<Access, "currentUser" | "mayMakeProject" | "submitProject" | "about">;
  /** The server's public URL. */
  url: string;
  version: string;
}

const FIELDS = {
  slug: "slug",
  project_exists: "slug",
  owner_part_taken: "slug",
  repository: "repository",
  repository_refused: "repository",
  github_refused: "token",
  github_token: "token",
};

/** Adds a project, and connects its repository by a GitHub token that is used once. */
export function addNewProjectPage(app: Hono, deps: NewProjectDeps): void {
  const { access, version } = deps;

  app.get(pagePaths.newProject, async (c) => {
    const signedIn = await access.currentUser(c);
    if (!signedIn) return write(c, signInPage(version, c), 401);
    if (!(await access.mayMakeProject(c)))
      return write(c, notFoundPage({ version, signedIn }), 404);
    return write(c, newProjectPage(UNTOUCHED, { version, signedIn }));
  });

  app.post(pagePaths.newProject, async (c) => {
    const maker = await access.submitProject(c);
    const page = { version, signedIn: await access.currentUser(c) };
    const form = await readForm(c);
    try {
      const made = await create(deps, form, maker);
      access.about(c, made.slug);
      // Without a repository a project is for blocks.
      if (!made.hasRepository) return c.redirect(pagePaths.sign(made.slug), 303);
      return write(c, addedPage(made, page));
    } catch (error) {
      const known = mistakesOf(error, FIELDS);
      if (!known) throw error;
      const state = { typed: form, mistakes: known.mistakes };
      return write(c, newProjectPage(state, page), known.status);
    }
  });
}

type Reader = Pick<ShellOptions, "signedIn" | "version">;

interface Made {
  slug: string;
  hasRepository: boolean;
  hookUrl: string;
  hookSecret: string;
  /** Of a repository that a token connects. */
  connected?: Connected | { failed: string };
}

/** Checks the token before anything is made, so that a mistake leaves no half of a project. */
async function create(
  deps: NewProjectDeps,
  form: URLSearchParams,
  maker: string | undefined,
): Promise<Made> {
  const { projects, connectHook, url } = deps;
  const repository = fieldText(form, "repository");
  const token = fieldText(form, "token");
  if (repository === "" && token !== "") {
    throw new FormError({ repository: "Enter the repository’s address: the token is for it." });
  }
  const slugGiven = fieldText(form, "slug") || nameOf(repository);
  if (slugGiven === "") {
    throw new FormError(
      repository === ""
        ? { repository: "Enter the repository’s address, or below a name for blocks alone." }
        : { slug: "Enter a name: none follows from the repository’s address." },
    );
  }
  const request = {
    slug: slugGiven,
    ...(repository === "" ? {} : { repository }),
    settings: { public: isChecked(form, "public") },
    ...(token !== "" && isChecked(form, "keep") ? keptToken(token) : {}),
  };
  const parsed = safeParse(CreateProjectSchema, request);
  if (!parsed.success) {
    const isSlug = parsed.issues.some(({ path }) => path?.[0]?.key === "slug");
    throw new FormError(
      isSlug
        ? { slug: "A name is owner/name, of lower-case letters, digits, . _ and -." }
        : { repository: "This address is too long." },
    );
  }
  const { slug } = parsed.output;
  if (token !== "") await connectHook.check(repository, token);
  await projects.create(parsed.output, maker);
  const made = {
    slug,
    hasRepository: repository !== "",
    hookUrl: url + paths.hook("github", await projects.hookOf(slug)),
    hookSecret: await projects.hookSecret(slug),
  };
  if (token === "") return made;
  const connected = await connectHook
    .connect({ slug, repository, token, hookUrl: made.hookUrl, hookSecret: made.hookSecret })
    .catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      return { failed: error.detail ?? "GitHub can’t be reached." };
    });
  return { ...made, connected };
}

/** `owner/name` of the last two parts of a repository's path; empty where there are none. */
function nameOf(repository: string): string {
  const [, owner, name] = /([\w.-]+)\/([\w.-]+?)(?:\.git)?\/*$/.exec(repository) ?? [];
  return owner && name ? `${owner.toLowerCase()}/${name}` : "";
}

function newProjectPage(state: FormState, page: Reader): Html {
  return shell({
    title: "Add a project",
    description: "Connects a repository.",
    above: [],
    ...page,
    main: html`<h1>Add a project</h1>
      <p class="lead">
        Each push to its repository then runs what the file <code>.deferred-server</code> in it
        says.
      </p>
      ${postForm(state, {
        button: "Add the project",
        primary: true,
        back: pagePaths.projects,
        fields: [
          textField(state, {
            name: "repository",
            label: "Repository",
            help: html`Its address, such as <code>https://github.com/acme/site</code> or
              <code>git@github.com:acme/site.git</code>. Empty: the project is for signed blocks,
              and you can add one later.`,
            maxLength: 2000,
            code: true,
          }),
          textField(state, {
            name: "slug",
            label: "Name",
            help: html`<code>owner/name</code>. Empty: as in the repository’s address. It can’t be
              changed later, and nobody else gets the part before the slash.`,
            size: 40,
            code: true,
          }),
          html`<fieldset class="group">
            <legend>Connect GitHub</legend>
            <p class="help">
              With a
              <a href="https://github.com/settings/personal-access-tokens/new" rel="noreferrer"
                >fine-grained token</a
              >
              for this repository and the permission “Webhooks: read and write”, the webhook is set
              by itself. Without one, the next page shows what to enter where.
            </p>
            ${tokenFields(state)}
          </fieldset>`,
          checkBox(state, {
            name: "public",
            label: "Everybody may read it",
            help: "Its pages, runs and output need no sign-in.",
            checked: false,
          }),
        ],
      })}`,
  });
}

function addedPage({ slug, hookUrl, hookSecret, connected }: Made, page: Reader): Html {
  return shell({
    title: `${slug} is added`,
    description: "What to do next.",
    above: [],
    ...page,
    main: html`<h1>${slug} is added</h1>
      ${connected === undefined ? "" : outcome(connected, hookUrl)}
      ${
        connected !== undefined && "verified" in connected && connected.verified
          ? html`<p class="lead">Push something, or run its default branch at once.</p>`
          : html`<p class="lead">
                Enter these where the repository is: at GitHub under Settings, Webhooks, Add
                webhook, with content type <code>application/json</code>.
              </p>
              ${copyable("hook", hookUrl, "Copy the address")} ${secretNote(hookSecret)}`
      }
      <p class="buttons">
        <a class="button action" href="${pagePaths.runNow(slug)}">Run now</a>
        <a href="${pagePaths.project(slug)}">See the project</a>
        <a href="${pagePaths.webhook(slug)}">Webhook settings</a>
      </p>`,
  });
}

function outcome(connected: NonNullable<Made["connected"]>, address: string): Html {
  if ("verified" in connected) return connectedNote(connected, address);
  return html`<div class="status failed" role="status">
    <div>
      <p><strong>The webhook could not be set.</strong></p>
      <p>${connected.failed}</p>
    </div>
  </div>`;
}
