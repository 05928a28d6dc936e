import { Hono } from "hono";
import { pageHeaders } from "../headers.ts";
import { refusedForm } from "../refused-form.ts";
import { addAccount } from "./account.ts";
import { addEmail } from "./email.ts";
import { addGitHub } from "./github.ts";
import { addLeave } from "./leave.ts";
import { addPasskeyPages } from "./passkey-pages.ts";
import { addPasskeyRoutes } from "./passkey-routes.ts";
import { addPassword } from "./password.ts";
import { addProve } from "./prove.ts";
import { addResetPassword } from "./reset-password.ts";
import { addSessions } from "./sessions.ts";
import { addSignIn } from "./sign-in.ts";
import { addSignUp } from "./sign-up.ts";
import { createShow, type AccountPagesDeps } from "./show.ts";
import { addWelcome } from "./welcome.ts";

/** Pages to sign up and in, and about one's own account. All but passkeys work without scripts. */
export function accountPages(deps: AccountPagesDeps): Hono {
  const { access, version } = deps;
  const whole = new Hono();
  const headers = pageHeaders({ origins: [], referrer: "same-origin" });
  for (const path of ["sign-in", "sign-up", "reset-password", "confirm-email", "auth", "account"]) {
    whole.use(`/${path}`, headers);
    whole.use(`/${path}/*`, headers);
  }
  const show = createShow(deps);
  // A script gets problem documents, and a form gets pages.
  const calls = new Hono();
  addPasskeyRoutes(calls, deps);
  const app = new Hono().onError(refusedForm({ currentUser: access.currentUser, version }));
  addSessions(app, deps);
  for (const add of [
    addSignIn,
    addSignUp,
    addResetPassword,
    addGitHub,
    addProve,
    addWelcome,
    addAccount,
    addEmail,
    addPassword,
    addPasskeyPages,
    addLeave,
  ]) {
    add(app, show, deps);
  }
  // `/account/passkeys/challenge` stands before the address of one passkey.
  return whole.route("/", calls).route("/", app);
}
