import { Hono, type Context } from "hono";
import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import type { Access } from "../../accounts/access.ts";
import type { Leavers } from "../../accounts/leavers.ts";
import type { SignedIn } from "../../accounts/sessions.ts";
import { pageHeaders } from "../headers.ts";
import { layout, type Html } from "../layout.ts";
import { notFoundPage } from "../not-found.ts";
import { refusedForm } from "../refused-form.ts";
import { signInPage } from "../sign-in.ts";
import { trail } from "../trail.ts";
import { removeUserPage, usersPage, type UserWithRoles } from "./users.ts";

const LISTED = 100;

export interface UserPagesDeps {
  leavers: Leavers;
  access: Access;
  version: string;
  now: () => number;
}

/** The users of the server, whom its owner removes. */
export function userPages({ leavers, access, version, now }: UserPagesDeps): Hono {
  const { currentUser } = access;
  const app = new Hono().onError(refusedForm({ currentUser, version }));
  for (const path of [pagePaths.users, `${pagePaths.users}/*`]) {
    app.use(path, pageHeaders({ origins: [], referrer: "same-origin" }));
  }

  /** Answers the server's owner; others are asked to sign in, or told that there is no such page. */
  function page(
    path: string,
    { fresh }: { fresh: boolean },
    content: (
      c: Context,
      signedIn: SignedIn,
    ) => Promise<{ title: string; description: string; main: Html } | undefined>,
  ): void {
    app.get(path, async (c) => {
      c.header("cache-control", "no-store");
      const signedIn = await currentUser(c);
      if (!signedIn) return c.html(signInPage(version), 401);
      const isOwner = signedIn.user.owner;
      if (isOwner && fresh && !(await access.hasProof(c))) {
        return c.redirect(pagePaths.prove(c.req.path), 303);
      }
      const shown = isOwner ? await content(c, signedIn) : undefined;
      if (!shown) return c.html(notFoundPage({ version, signedIn }), 404);
      const above: (readonly [string, string])[] = [[pagePaths.operator, "Operator"]];
      if (path !== pagePaths.users) above.push([pagePaths.users, "Users"]);
      const main = html`${trail(above, shown.title)} ${shown.main}`;
      return c.html(layout({ ...shown, main, wide: true, signedIn, version }));
    });
  }

  async function userAt(c: Context): Promise<UserWithRoles | undefined> {
    const [user] = await leavers.list({ id: c.req.param("id") ?? "" });
    if (!user || user.owner) return undefined;
    return { ...user, memberships: (await leavers.membershipsOf([user.id])).get(user.id) ?? [] };
  }

  page(pagePaths.users, { fresh: false }, async (c, signedIn) => {
    const search = (c.req.query("q") ?? "").trim().slice(0, 100);
    const found = await leavers.list({ search, limit: LISTED + 1 });
    const users = found.slice(0, LISTED);
    const roles = await leavers.membershipsOf(users.map(({ id }) => id));
    return {
      title: "Users",
      description: "Who has an account on this server.",
      main: usersPage({
        users: users.map((user) => ({ ...user, memberships: roles.get(user.id) ?? [] })),
        more: found.length > LISTED,
        ...{ search, reader: signedIn.user.id, now: now() },
      }),
    };
  });

  page(pagePaths.removeUser(":id"), { fresh: true }, async (c) => {
    const user = await userAt(c);
    return (
      user && {
        title: `Remove ${user.name}`,
        description: "Asks before a user is removed.",
        main: removeUserPage(user),
      }
    );
  });

  app.post(pagePaths.removeUser(":id"), async (c) => {
    await access.submitAsOwner(c, { fresh: true });
    const user = await userAt(c);
    if (!user) throw new ApiError("user_not_found");
    access.note(c, user.email ?? user.name);
    await leavers.remove(user.id);
    return c.redirect(pagePaths.users, 303);
  });

  return app;
}
