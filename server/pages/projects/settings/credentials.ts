import type { Context } from "hono";
import { html } from "hono/html";
import { pagePaths } from "../../../../protocol/paths.ts";
import type { ChangeProject, SHOWN_CREDENTIALS } from "../../../../protocol/projects.ts";
import type { Projects } from "../../../projects/projects.ts";
import { textArea, textField } from "../../form/fields.ts";
import { FormError, type FormState } from "../../form/mistakes.ts";
import { postForm } from "../../form/post-form.ts";
import { fieldLines, fieldText } from "../../form/read-form.ts";
import type { Html } from "../../layout.ts";
import type { FormPage } from "../form-page.ts";
import { confirmationPage } from "./confirmation.ts";
import { doneAt, settingsPage } from "./settings-page.ts";

type ShownCredential = (typeof SHOWN_CREDENTIALS)[number];

interface CredentialWords {
  name: ShownCredential;
  words: string;
  use: string;
  /** The consequence of its removal, in a sentence. */
  stops: string;
}

/** The credentials of a repository, in words. */
export const CREDENTIAL_WORDS: readonly CredentialWords[] = [
  {
    name: "deploy_key",
    words: "Deploy key",
    use: "Fetches over SSH",
    stops: "Runs can’t fetch a private repository over SSH any more.",
  },
  {
    name: "repository_token",
    words: "Repository token",
    use: "Fetches over https",
    stops: "Runs can’t fetch a private repository over https any more.",
  },
  {
    name: "github_token",
    words: "GitHub token",
    use: "Writes commit statuses",
    stops: "Commits at GitHub get no statuses any more.",
  },
  {
    name: "forge_token",
    words: "Forge token",
    use: "Writes commit statuses on GitLab, Gitea and Forgejo",
    stops: "Commits on GitLab, Gitea or Forgejo get no statuses any more.",
  },
  {
    name: "github_app",
    words: "GitHub App",
    use: "Fetches over https and writes commit statuses",
    stops: "Runs can’t fetch a private repository with it, and commits at GitHub get no statuses.",
  },
];

const wordsOf = (c: Context) =>
  CREDENTIAL_WORDS.find(({ name }) => name === c.req.param("credential"));

/** Sets or replaces one credential. */
export function credentialForm(projects: Pick<Projects, "change">): FormPage {
  return {
    path: pagePaths.credential(":owner/:name", ":credential"),
    scope: "admin",
    fields: {
      deploy_key: "deploy_key",
      repository_token: "repository_token",
      github_token: "github_token",
      forge_token: "forge_token",
      github_app: "private_key",
    },

    async show(c, { project: { slug } }, state) {
      const credential = wordsOf(c);
      if (!credential) return undefined;
      const { name, words, use } = credential;
      return settingsPage(c, {
        slug,
        tab: "repository",
        heading: words,
        lead: `${use}. It is stored encrypted and never shown again.`,
        main: postForm(state, {
          button: "Save",
          primary: true,
          back: pagePaths.repository(slug),
          fields: FIELDS[name](state),
        }),
      });
    },

    async submit({ c, slug, form, actor }) {
      const credential = wordsOf(c);
      if (!credential) throw new FormError({ "": "There is no such credential." });
      await projects.change(slug, changeBy(credential.name, form), actor);
      return doneAt(pagePaths.repository(slug), "saved");
    },
  };
}

export function credentialRemoval(projects: Pick<Projects, "change" | "credentials">): FormPage {
  return confirmationPage({
    path: pagePaths.removeCredential(":owner/:name", ":credential"),
    tab: "repository",

    async ask(c, { project: { slug } }) {
      const credential = wordsOf(c);
      if (!credential || !(await projects.credentials(slug)).includes(credential.name)) {
        return undefined;
      }
      const { words, stops } = credential;
      return {
        heading: `Remove the ${words}?`,
        lead: "It is deleted here. Where it was made it stays valid: revoke it there, too.",
        goes: [stops],
        button: `Remove the ${words}`,
        back: pagePaths.repository(slug),
      };
    },

    async submit({ c, slug }) {
      const credential = wordsOf(c);
      if (!credential) throw new FormError({ "": "There is no such credential." });
      const { name } = credential;
      // The hosts' keys serve the deploy key alone.
      const more = name === "deploy_key" ? { known_hosts: null } : {};
      await projects.change(slug, { [name]: null, ...more });
      return doneAt(pagePaths.repository(slug), "removed");
    },
  });
}

const FIELDS: Record<ShownCredential, (state: FormState) => Html | Html[]> = {
  deploy_key: (state) => [
    textArea(state, {
      name: "deploy_key",
      label: "Private key",
      help: html`An OpenSSH key without a passphrase, as
        <code>ssh-keygen -t ed25519 -N ''</code> makes it. Register its public part at the
        repository.`,
      required: true,
      rows: 8,
    }),
    textArea(state, {
      name: "known_hosts",
      label: "Host keys",
      help: html`The host’s lines as <code>ssh-keyscan HOST</code> prints them. Empty: those stay
        that are known.`,
      rows: 3,
    }),
  ],
  repository_token: (state) =>
    textField(state, {
      name: "repository_token",
      label: "User and token",
      help: html`<code>user:token</code>. At GitHub the user is <code>x-access-token</code>, at
        GitLab <code>oauth2</code>.`,
      type: "password",
      required: true,
    }),
  github_token: (state) =>
    textField(state, {
      name: "github_token",
      label: "Token",
      help: "A fine-grained token of the repository with the permission “Commit statuses: read and write”.",
      type: "password",
      required: true,
    }),
  forge_token: (state) =>
    textField(state, {
      name: "forge_token",
      label: "Token",
      help: "A token of GitLab, Gitea or Forgejo that may write commit statuses of the repository.",
      type: "password",
      required: true,
    }),
  github_app: (state) => [
    textField(state, {
      name: "app_id",
      label: "App ID or client ID",
      help: "The App’s settings at GitHub show it.",
      size: 32,
      maxLength: 100,
      required: true,
      code: true,
    }),
    textArea(state, {
      name: "private_key",
      label: "Private key",
      help: "The .pem file that GitHub made under “Private keys”, in the App’s settings.",
      required: true,
      rows: 8,
    }),
  ],
};

function changeBy(name: ShownCredential, form: URLSearchParams): ChangeProject {
  const given = (field: string) => {
    const text = fieldLines(form, field);
    if (text.trim() === "") throw new FormError({ [field]: "Paste it here." });
    return text;
  };
  if (name === "github_app") {
    if (fieldText(form, "app_id") === "") throw new FormError({ app_id: "Enter the id." });
    const app = { id: fieldText(form, "app_id"), private_key: given("private_key") };
    return { github_app: app };
  }
  const hosts = fieldText(form, "known_hosts");
  const more = name === "deploy_key" && hosts !== "" ? { known_hosts: hosts } : {};
  return { [name]: given(name), ...more };
}
