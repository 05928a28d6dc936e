import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import type { Hono } from "hono";
import { custom, is, looseObject, maxLength, object, pipe, string } from "valibot";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { ownPath } from "../../accounts/sessions.ts";
import { jsonBody } from "../../http/json-body.ts";
import { checkSameOrigin } from "../../http/requests/same-origin.ts";
import { AFTER_SIGN_IN } from "./sign-in.ts";
import type { AccountPagesDeps } from "./show.ts";

const MAX_BODY_BYTES = 16 * 1024;

/** The library checks the rest of a credential. */
const CredentialSchema = looseObject({
  id: pipe(string(), maxLength(1400)),
  response: looseObject({ clientDataJSON: pipe(string(), maxLength(4000)) }),
});
const AnswerSchema = object({
  response: custom<AuthenticationResponseJSON>((value) => isCredential(value), "no credential"),
});
const NewPasskeySchema = object({
  name: pipe(string(), maxLength(80)),
  response: custom<RegistrationResponseJSON>((value) => isCredential(value), "no credential"),
});

/** The calls of the passkeys' script. Each answer names the next page. */
export function addPasskeyRoutes(app: Hono, deps: AccountPagesDeps): void {
  const { people, sessions, access, callers, url } = deps;
  const { users, passkeys } = people;

  app.post(pagePaths.passkeyChallenge, async (c) => {
    checkSameOrigin(c, url);
    return c.json(await passkeys.request(), 200, NO_STORE);
  });

  app.post(pagePaths.passkeySignIn, async (c) => {
    checkSameOrigin(c, url);
    const back = ownPath(c.req.query("back") ?? "");
    const { response } = await jsonBody(c, AnswerSchema, MAX_BODY_BYTES);
    const user = await passkeys.verify(response);
    await sessions.begin(c, user);
    return c.json({ location: back ?? AFTER_SIGN_IN }, 200, NO_STORE);
  });

  app.post(pagePaths.provePasskey, async (c) => {
    const { user } = await access.submitAccount(c);
    const back = ownPath(c.req.query("back") ?? "");
    const { response } = await jsonBody(c, AnswerSchema, MAX_BODY_BYTES);
    if ((await passkeys.verify(response)) !== user.id) {
      callers.countGuess(c);
      throw new ApiError("passkey_refused", "It is a passkey of another account.");
    }
    await sessions.prove(c);
    return c.json({ location: back ?? pagePaths.account }, 200, NO_STORE);
  });

  app.post(pagePaths.newPasskeyChallenge, async (c) => {
    const { user } = await access.submitAccount(c, { fresh: true });
    return c.json(await passkeys.registration(await whole(user.id)), 200, NO_STORE);
  });

  app.post(pagePaths.accountPasskeys, async (c) => {
    const { user } = await access.submitAccount(c, { fresh: true });
    const { name, response } = await jsonBody(c, NewPasskeySchema, MAX_BODY_BYTES);
    await passkeys.add(await whole(user.id), response, name.trim() || "Passkey");
    return c.json({ location: pagePaths.account }, 200, NO_STORE);
  });

  async function whole(id: string) {
    const user = await users.find(id);
    if (!user) throw new ApiError("session_missing");
    return user;
  }
}

const NO_STORE = { "cache-control": "no-store" };

function isCredential(value: unknown): boolean {
  return is(CredentialSchema, value);
}
