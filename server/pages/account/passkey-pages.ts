import { html } from "hono/html";
import type { Context, Hono } from "hono";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import type { PasskeyView } from "../../accounts/users/passkeys.ts";
import { passkeyScript } from "../assets.ts";
import { textField } from "../form/fields.ts";
import { UNTOUCHED, type FormState } from "../form/mistakes.ts";
import { postForm } from "../form/post-form.ts";
import { readForm } from "../form/read-form.ts";
import { readName } from "./new-password.ts";
import { ownPage } from "./own-page.ts";
import { passkeyButton } from "./passkey-button.ts";
import { hasOtherWay } from "./ways.ts";
import type { AccountPagesDeps, Show } from "./show.ts";

/** Why there are no passkeys at the server's address, and where there would be. */
export function passkeysMissingWords(missing: "address" | "http", url: string): string {
  const { hostname, port } = new URL(url);
  if (missing === "http") return "Passkeys need https: browsers offer them nowhere else.";
  const isLocal = hostname.startsWith("127.") || hostname === "[::1]";
  const example = isLocal ? `http://localhost${port && `:${port}`}` : "https://runner.example";
  return `Passkeys need a host name, and this server is at ${hostname}. Start it with DEFERRED_URL=${example}, and open it there.`;
}

/** Adds, renames and removes passkeys. */
export function addPasskeyPages(app: Hono, show: Show, deps: AccountPagesDeps): void {
  const { people, access, url } = deps;
  const { users, passkeys } = people;

  app.get(
    pagePaths.newPasskey,
    ownPage(deps, { fresh: true }, (c) =>
      show(c, {
        title: "Add a passkey",
        scripts: [passkeyScript.path],
        main: html`<h1>Add a passkey</h1>
          ${
            passkeys.missing
              ? html`<p class="lead">${passkeysMissingWords(passkeys.missing, url)}</p>`
              : html`<div class="form">
                  ${textField(UNTOUCHED, {
                    ...{ name: "passkey", label: "Name", value: "Passkey", maxLength: 80 },
                    help: "Such as the device or the password manager that keeps it.",
                  })}
                  ${passkeyButton({
                    words: "Add the passkey",
                    challenge: pagePaths.newPasskeyChallenge,
                    answer: pagePaths.accountPasskeys,
                    create: true,
                  })}
                </div>`
          }
          <p class="alone"><a href="${pagePaths.account}">Back to your account</a></p>`,
      }),
    ),
  );

  const page = (c: Context, { id, name }: PasskeyView, state: FormState, status?: 422) =>
    show(c, {
      title: `Passkey ${name}`,
      main: html`<h1>Passkey ${name}</h1>
        ${postForm(state, {
          action: pagePaths.passkey(id),
          button: "Rename",
          back: pagePaths.account,
          fields: textField(state, { name: "name", label: "Name", value: name, maxLength: 80 }),
        })}
        <h2>Remove it</h2>
        <p>
          It signs you in here no more. Your device may still offer it until you remove it there
          too.
        </p>
        ${postForm(UNTOUCHED, {
          action: `${pagePaths.passkey(id)}/remove`,
          button: "Remove the passkey",
          danger: true,
          fields: "",
        })}`,
      ...(status && { status }),
    });

  /** Throws `not_found`. */
  async function find(c: Context, user: string): Promise<PasskeyView> {
    const all = await passkeys.list(user);
    const found = all.find(({ id }) => id === c.req.param("id"));
    if (!found) throw new ApiError("not_found");
    return found;
  }

  app.get(
    pagePaths.passkey(":id"),
    ownPage(deps, { fresh: true }, async (c, user) => {
      const all = await passkeys.list(user.id);
      const found = all.find(({ id }) => id === c.req.param("id"));
      return found ? page(c, found, UNTOUCHED) : c.notFound();
    }),
  );

  app.post(pagePaths.passkey(":id"), async (c) => {
    const { user } = await access.submitAccount(c);
    const typed = await readForm(c);
    const passkey = await find(c, user.id);
    const { name, mistakes } = readName(typed);
    if (mistakes["name"] !== undefined) return page(c, passkey, { typed, mistakes }, 422);
    await passkeys.rename(user.id, passkey.id, name);
    return c.redirect(pagePaths.account, 303);
  });

  app.post(`${pagePaths.passkey(":id")}/remove`, async (c) => {
    const { user: sender } = await access.submitAccount(c, { fresh: true });
    const passkey = await find(c, sender.id);
    const user = await users.find(sender.id);
    if (!user || !(await hasOtherWay(people, user, { passkey: passkey.id }))) {
      const mistakes = { "": "It is your only way to sign in: add another way first." };
      return page(c, passkey, { typed: undefined, mistakes }, 422);
    }
    await passkeys.remove(sender.id, passkey.id);
    return c.redirect(pagePaths.account, 303);
  });
}
