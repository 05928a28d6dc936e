import { createHash, randomBytes } from "node:crypto";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { onTestFinished } from "vitest";

const CLIENT = { id: "Iv1.test", secret: "client-secret" };

/**
 * GitHub's part of signing in, over real HTTP, with what GitHub checks:
 * https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
 */
export async function startGitHubSignIn() {
  const account = { id: 7, login: "octo", name: "Octo Cat", email: "octo@example.com" };
  const codes = new Map<string, { challenge: string; redirect: string }>();
  const tokens = new Set<string>();
  /** Why the token endpoint refused calls. */
  const refused: string[] = [];

  const app = new Hono();
  app.post("/login/oauth/access_token", async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const granted = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    const digest = createHash("sha256").update(form.get("code_verifier") ?? "");
    const fits =
      granted !== undefined &&
      form.get("client_id") === CLIENT.id &&
      form.get("client_secret") === CLIENT.secret &&
      form.get("redirect_uri") === granted.redirect &&
      digest.digest("base64url") === granted.challenge;
    if (!fits) {
      refused.push(String(form));
      // GitHub answers a refusal with 200.
      return c.json({ error: "bad_verification_code" });
    }
    const token = `gho_${randomBytes(12).toString("hex")}`;
    tokens.add(token);
    return c.json({ access_token: token, token_type: "bearer", scope: "read:user,user:email" });
  });
  app.use("/api/v3/*", async (c, next) => {
    const token = c.req.header("authorization")?.replace("Bearer ", "") ?? "";
    return tokens.has(token) ? next() : c.json({ message: "Bad credentials" }, 401);
  });
  app.get("/api/v3/user", (c) => c.json({ ...account, email: null }));
  app.get("/api/v3/user/emails", (c) =>
    c.json([
      { email: "old@example.com", primary: false, verified: false, visibility: null },
      { email: account.email, primary: true, verified: true, visibility: "public" },
    ]),
  );
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
    resolve(port),
  );
  onTestFinished(() => void server.close());
  const site = `http://127.0.0.1:${await promise}`;

  return {
    account,
    refused,
    env: {
      DEFERRED_GITHUB_URL: site,
      DEFERRED_GITHUB_API: `${site}/api/v3`,
      DEFERRED_GITHUB_CLIENT_ID: CLIENT.id,
      DEFERRED_GITHUB_CLIENT_SECRET: CLIENT.secret,
    },

    /** The person at GitHub agrees: where GitHub sends the browser then. */
    authorize(location: string): string {
      const { origin, pathname, searchParams: query } = new URL(location);
      const wanted = [origin, pathname, query.get("client_id"), query.get("code_challenge_method")];
      if (wanted.join(" ") !== `${site} /login/oauth/authorize ${CLIENT.id} S256`) {
        throw new Error(`GitHub does not take ${location}`);
      }
      const code = randomBytes(10).toString("hex");
      const redirect = query.get("redirect_uri") ?? "";
      codes.set(code, { challenge: query.get("code_challenge") ?? "", redirect });
      const { pathname: path } = new URL(redirect);
      return `${path}?${new URLSearchParams({ code, state: query.get("state") ?? "" })}`;
    },
  };
}
