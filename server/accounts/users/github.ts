import type { AuthorizationServer, CustomFetchOptions } from "oauth4webapi";
import {
  array,
  boolean,
  looseObject,
  nullish,
  number,
  parse,
  pipe,
  string,
  integer,
} from "valibot";
import { post } from "../../http/post.ts";
import type { GitHubSettings } from "../../settings/people.ts";
import { parseEmail } from "./email.ts";

/** Kept in a cookie until GitHub calls back. */
export interface GitHubAttempt {
  state: string;
  verifier: string;
}

export interface GitHubAccount {
  /** The account's number, which outlives changes of its name. */
  subject: string;
  login: string;
  name: string;
  /** Its primary address, if GitHub has verified it. */
  email: string | undefined;
}

const READ_BYTES = 64 * 1024;
/** Loaded on demand, since few servers sign in by GitHub. */
const load = () => import("oauth4webapi");

const UserSchema = looseObject({
  id: pipe(number(), integer()),
  login: string(),
  name: nullish(string()),
});
const EmailsSchema = array(
  looseObject({ email: string(), primary: boolean(), verified: boolean() }),
);

/** GitHub refused, or did not answer as it should. */
export class GitHubSignInError extends Error {
  override readonly name = "GitHubSignInError";
}

/** Signs in by GitHub: the authorization code grant of OAuth 2 with PKCE and state. */
export function createGitHubSignIn(
  { clientId, clientSecret, site, api }: GitHubSettings,
  callback: string,
) {
  const server: AuthorizationServer = {
    issuer: `${site}/login/oauth`,
    authorization_endpoint: `${site}/login/oauth/authorize`,
    token_endpoint: `${site}/login/oauth/access_token`,
  };
  const client = { client_id: clientId };

  async function read(path: string, token: string): Promise<unknown> {
    const { status, text } = await post({
      url: api + path,
      method: "GET",
      headers: { accept: "application/vnd.github+json", authorization: `Bearer ${token}` },
      ...{ allowPrivate: true, signal: new AbortController().signal, readBytes: READ_BYTES },
    });
    if (status !== 200) throw new Error(`GitHub answered ${path} with the status ${status}.`);
    return JSON.parse(text);
  }

  return {
    /** The address at GitHub to send the browser to, and what to keep in its cookie. */
    async begin(): Promise<{ location: string; attempt: GitHubAttempt }> {
      const oauth = await load();
      const attempt = {
        state: oauth.generateRandomState(),
        verifier: oauth.generateRandomCodeVerifier(),
      };
      const query = new URLSearchParams({
        ...{ response_type: "code", client_id: clientId, redirect_uri: callback },
        ...{ scope: "read:user user:email", state: attempt.state },
        code_challenge: await oauth.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: "S256",
      });
      return { location: `${server.authorization_endpoint}?${query}`, attempt };
    },

    /** The account that came back from GitHub. Throws `GitHubSignInError`. */
    async finish(query: URLSearchParams, attempt: GitHubAttempt): Promise<GitHubAccount> {
      const oauth = await load();
      try {
        const checked = oauth.validateAuthResponse(server, client, query, attempt.state);
        const response = await oauth.authorizationCodeGrantRequest(
          ...([server, client, oauth.ClientSecretPost(clientSecret), checked, callback] as const),
          attempt.verifier,
          // The settings take http for this machine alone.
          { [oauth.customFetch]: fetchBounded, [oauth.allowInsecureRequests]: true },
        );
        const tokens = await oauth.processAuthorizationCodeResponse(server, client, response);
        const user = parse(UserSchema, await read("/user", tokens.access_token));
        const emails = parse(EmailsSchema, await read("/user/emails", tokens.access_token));
        const primary = emails.find((one) => one.primary && one.verified);
        return {
          ...{ subject: String(user.id), login: user.login, name: user.name || user.login },
          email: primary && parseEmail(primary.email),
        };
      } catch (cause) {
        throw new GitHubSignInError((cause as Error).message, { cause });
      }
    },
  };
}

/** A fetch that is bounded in time and size, and follows no redirect. */
async function fetchBounded(
  url: string,
  { method, headers, body }: CustomFetchOptions<"POST", URLSearchParams>,
): Promise<Response> {
  const answer = await post({
    ...{ url, method, headers, body: String(body) },
    // The operator configured the address.
    ...{ allowPrivate: true, signal: new AbortController().signal, readBytes: READ_BYTES },
  });
  const type = answer.headers["content-type"];
  return new Response(answer.text, {
    status: answer.status,
    headers: { "content-type": typeof type === "string" ? type : "" },
  });
}
