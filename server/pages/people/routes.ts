import { Hono, type Context } from "hono";
import { pagePaths } from "../../../protocol/paths.ts";
import type { Access } from "../../accounts/access.ts";
import type { DeviceLogins } from "../../accounts/device/logins.ts";
import type { Invitations } from "../../accounts/members/invitations.ts";
import { fieldText, readForm } from "../form/read-form.ts";
import { pageHeaders } from "../headers.ts";
import { layout, type Html } from "../layout.ts";
import { notFoundPage } from "../not-found.ts";
import { refusedForm } from "../refused-form.ts";
import { approvalPage, codePage, decidedPage, invitationPage } from "./invitation.ts";

export interface PeoplePagesDeps {
  access: Access;
  invitations: Pick<Invitations, "find" | "accept">;
  logins: Pick<DeviceLogins, "find" | "decide">;
  version: string;
  now: () => number;
}

const WRONG_CODE = "No program waits with this code. It may have expired: start the login again.";

/** Accepting an invitation, and approving the login of a program. */
export function peoplePages({ access, invitations, logins, version, now }: PeoplePagesDeps): Hono {
  const { currentUser } = access;
  const app = new Hono().onError(refusedForm({ currentUser, version }));
  const headers = pageHeaders({ origins: [], referrer: "same-origin" });

  async function show(c: Context, title: string, main: Html, status: 200 | 422 = 200) {
    const signedIn = await currentUser(c);
    c.header("cache-control", "no-store");
    return c.html(layout({ title, description: title, signedIn, version, main }), status);
  }

  /** Leads to the sign-in, and from there back. */
  const signInFirst = (c: Context) => {
    const { pathname, search } = new URL(c.req.url);
    const back = new URLSearchParams({ back: pathname + search });
    return c.redirect(`${pagePaths.signInPage}?${back}`, 303);
  };

  app.use("/invitations/*", headers);
  app.get(pagePaths.invitation(":code"), async (c) => {
    const invitation = await invitations.find(c.req.param("code") ?? "");
    const signedIn = await currentUser(c);
    if (!invitation) return c.html(notFoundPage({ version, signedIn }), 404);
    if (!signedIn) return signInFirst(c);
    const title = `Join ${invitation.project}?`;
    return show(c, title, invitationPage(invitation, signedIn.user));
  });

  app.post(pagePaths.invitation(":code"), async (c) => {
    const { user } = await access.submitAccount(c);
    const { project, role } = await invitations.accept(c.req.param("code") ?? "", user.id);
    access.about(c, project);
    access.note(c, role);
    return c.redirect(pagePaths.project(project), 303);
  });

  app.use(pagePaths.device, headers);
  app.get(pagePaths.device, async (c) => {
    const signedIn = await currentUser(c);
    if (!signedIn) return signInFirst(c);
    const typed = c.req.query("user_code") ?? "";
    const login = typed === "" ? undefined : logins.find(signedIn.user.id, typed);
    if (login) {
      if (!(await access.hasProof(c))) {
        const { pathname, search } = new URL(c.req.url);
        return c.redirect(pagePaths.prove(pathname + search), 303);
      }
      const { name } = signedIn.user;
      return show(c, "Log in", approvalPage(login, { name, now: now() }));
    }
    return show(c, "Log in", codePage(typed === "" ? undefined : WRONG_CODE));
  });

  app.post(pagePaths.device, async (c) => {
    // The program's token outlives the session.
    const { user } = await access.submitAccount(c, { fresh: true });
    const form = await readForm(c, { maxBytes: 1024 });
    const login = logins.find(user.id, fieldText(form, "user_code"));
    if (!login) return show(c, "Log in", codePage(WRONG_CODE), 422);
    const approved = fieldText(form, "decision") === "approve";
    access.note(c, `${approved ? "approved" : "denied"} the login of ${login.host}`);
    logins.decide(login.userCode, approved ? { user } : "denied");
    return show(c, approved ? "Logged in" : "Denied", decidedPage(approved));
  });

  return app;
}
