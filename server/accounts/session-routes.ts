import { Hono, type Context } from "hono";
import { SignInLinkSchema } from "../../protocol/projects.ts";
import { describe } from "../http/openapi/describe.ts";
import { pagePaths, paths } from "../../protocol/paths.ts";
import type { Access } from "./access.ts";
import type { HtmlEscapedString } from "hono/utils/html";
import { problemResponse } from "../http/problem.ts";
import { checkSameOrigin } from "../http/requests/same-origin.ts";
import { detectCrawler } from "../http/requests/crawlers.ts";
import type { Users } from "./users/users.ts";
import type { Sessions, SignedIn } from "./sessions.ts";

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

export interface SessionRoutesDeps {
  sessions: Sessions;
  users: Pick<Users, "owner">;
  access: Access;
  /** The server's public URL. */
  url: string;
  pages: {
    /** Shown if the link was used already or has expired. */
    wrongLink: () => Html;
    signOut: (signedIn: SignedIn) => Html;
  };
}

/** Signs an owner's browser in and out. */
export function sessionRoutes({ sessions, users, access, url, pages }: SessionRoutesDeps): Hono {
  const app = new Hono();

  app.post(paths.signInLinks, signInLinkDocs, async (c) => {
    await access.own(c);
    return c.json(await sessions.makeLink(), 201, { "cache-control": "no-store" });
  });

  app.get(pagePaths.signIn(":code"), async (c) => {
    c.header("cache-control", "no-store");
    c.header("referrer-policy", "no-referrer");
    // HEAD requests of link checkers and previews must not consume the link.
    if (c.req.method === "HEAD") return c.body(null, 200);
    if (detectCrawler(c)) return c.body(null, 503);
    if (await sessions.takeLink(c.req.param("code") ?? "")) {
      const owner = await users.owner();
      const { back } = await sessions.begin(c, owner.id);
      const first = owner.isNew ? pagePaths.welcome : pagePaths.projects;
      return c.redirect(back ?? first, 303);
    }
    if (!c.req.header("accept")?.includes("text/html")) {
      return problemResponse(c, { code: "sign_in_link_wrong" });
    }
    return page(c, pages.wrongLink(), 403);
  });

  app.get(pagePaths.signOut, async (c) => {
    const signedIn = await sessions.current(c);
    return signedIn ? page(c, pages.signOut(signedIn)) : c.redirect("/", 303);
  });

  app.post(pagePaths.signOut, async (c) => {
    checkSameOrigin(c, url);
    await sessions.end(c);
    return c.redirect("/", 303);
  });

  return app;
}

function page(c: Context, content: Html, status: 200 | 403 = 200) {
  c.header("cache-control", "no-store");
  c.header(
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  return c.html(content, status);
}

const signInLinkDocs = describe({
  tag: "Projects",
  summary: "Make a link that signs a browser in",
  description: "It works once, within 15 minutes. The browser may then read every project's pages.",
  answers: { 201: ["The link.", SignInLinkSchema] },
  errors: ["token_missing", "token_wrong"],
  security: "owner",
});
