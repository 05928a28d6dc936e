import { createPrivateKey, sign } from "node:crypto";
import * as v from "valibot";
import type { GitHubRepository } from "./repository.ts";
import type { Answer } from "../../http/post.ts";
import { GitHubAppError } from "./app-error.ts";
import { askedPauseMs, callGitHub, isLimit, messageOf, redirectOf } from "./calls.ts";

export interface GitHubApp {
  /** App id or client id. */
  id: string;
  /** PEM, PKCS#1 or PKCS#8. */
  private_key: string;
}

export interface AppToken {
  text: string;
  expiresAt: number;
}

/** Each use has a token with only its own permissions; machines get only the token for checkouts. */
export type AppUse = "checkout" | "statuses";
const PERMISSIONS = { checkout: { contents: "read" }, statuses: { statuses: "write" } } as const;
const PERMISSION_NAMES = { checkout: "Contents: read", statuses: "Commit statuses: write" };

const InstallationSchema = v.object({ id: v.number() });
const TokenSchema = v.object({
  token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]+$/)),
  expires_at: v.pipe(v.string(), v.isoTimestamp()),
});

/** Maximum bytes of an answer: GitHub includes the full description of the repository. */
const MAX_BYTES = 256 * 1024;
const MAX_REDIRECTS = 3;
/** Timeout of all calls together. The lease of the claimed run has begun already. */
const WITHIN_MS = 8000;
/** Backdates the JWT: GitHub refuses one issued in its future, or ending more than ten minutes after its time. */
const ISSUED_S_AGO = 60;
const VALID_S = 9 * 60;

interface AppTokenRequest {
  app: GitHubApp;
  repository: GitHubRepository;
  use: AppUse;
  now: () => number;
}

/** A token of the App's installation, for one repository and one use. Throws `GitHubAppError`. */
export async function newAppToken(request: AppTokenRequest): Promise<AppToken> {
  const { app, repository, use, now } = request;
  const { api, name } = repository;
  const jwt = signJwt(app, Math.floor(now() / 1000));
  const signal = AbortSignal.timeout(WITHIN_MS);

  let url = `${api}/repos/${name}/installation`;
  let answer = await call("GET", url);
  for (let redirects = 0; redirects < MAX_REDIRECTS; redirects++) {
    const next = redirectOf(answer, url);
    if (next === undefined) break;
    url = next;
    answer = await call("GET", url);
  }
  const { id } = read(InstallationSchema, answer, 200, request);
  // After a redirect the installation knows the repository only by its id, not by the old name.
  const moved = /\/repositories\/(\d+)\/installation$/.exec(url)?.[1];
  const made = await call("POST", `${api}/app/installations/${id}/access_tokens`, {
    ...(moved === undefined
      ? { repositories: [name.slice(name.indexOf("/") + 1)] }
      : { repository_ids: [Number(moved)] }),
    permissions: PERMISSIONS[use],
  });
  const { token, expires_at } = read(TokenSchema, made, 201, request);
  return { text: token, expiresAt: Date.parse(expires_at) };

  /** Retries once if GitHub does not answer, since a run waits for the token. */
  async function call(method: "GET" | "POST", to: string, body?: object): Promise<Answer> {
    const options = {
      method,
      token: jwt,
      signal,
      readBytes: MAX_BYTES,
      ...(body && { body: JSON.stringify(body) }),
    };
    const first = await callGitHub(to, options).catch(() => undefined);
    if (first && first.status < 500) return first;
    return callGitHub(to, options).catch((cause: unknown) => {
      throw new GitHubAppError("unavailable", "GitHub was not reached: try again later.", {
        cause,
      });
    });
  }
}

/** RS256, the one algorithm that GitHub accepts. */
function signJwt({ id, private_key }: GitHubApp, now: number): string {
  const part = (claims: object) => Buffer.from(JSON.stringify(claims)).toString("base64url");
  const claims = { iss: id, iat: now - ISSUED_S_AGO, exp: now + VALID_S };
  const signed = `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}`;
  const signature = sign("sha256", Buffer.from(signed), createPrivateKey(private_key));
  return `${signed}.${signature.toString("base64url")}`;
}

/** Parses the body of an answer with the expected status; throws for any other status. */
function read<const TSchema extends v.GenericSchema>(
  schema: TSchema,
  answer: Answer,
  status: number,
  request: AppTokenRequest,
): v.InferOutput<TSchema> {
  if (answer.status !== status) throw errorOf(answer, request);
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), answer.text);
  if (parsed.success) return parsed.output;
  throw new GitHubAppError("refused", "GitHub's answer holds no token: is this its API's address?");
}

function errorOf(
  answer: Answer,
  { repository: { name }, use, now }: AppTokenRequest,
): GitHubAppError {
  const { status, text } = answer;
  const said = messageOf(text);
  if (isLimit(answer) || status >= 500) {
    const message = `GitHub gives the App no token for now (${status}): try again later.`;
    return new GitHubAppError("unavailable", message, { afterMs: askedPauseMs(answer, now()) });
  }
  if (status === 401 && /'(exp|iat)'/.test(said)) {
    const message = `GitHub does not accept the server's time: set its clock. It said: ${said}.`;
    return new GitHubAppError("clock_wrong", message);
  }
  if (status === 401 || said.startsWith("Integration not found")) {
    return new GitHubAppError(
      "key_refused",
      "GitHub does not accept the App's key: give the project the App's id and one of its private keys " +
        "(deferred projects set --github-app ID --github-app-key FILE).",
    );
  }
  if (/suspended/i.test(said)) {
    const message = `The GitHub App is suspended for ${name}: unsuspend it in its owner's settings.`;
    return new GitHubAppError("suspended", message);
  }
  if (/IP allow list/i.test(said)) {
    const message =
      "The organization's IP allow list refuses the server: have it list the server's address.";
    return new GitHubAppError("address_refused", message);
  }
  if (status === 422 && /permissions/i.test(said)) {
    return new GitHubAppError(
      "permission_missing",
      `The GitHub App lacks the permission "${PERMISSION_NAMES[use]}": give it to the App, and accept it where the App is installed.`,
    );
  }
  if (status === 404 || status === 422) {
    return new GitHubAppError(
      "not_installed",
      `The GitHub App is not installed on ${name}: install it there, or add the repository to its installation.`,
    );
  }
  return new GitHubAppError("refused", `GitHub answered ${status}${said ? `: ${said}` : ""}.`);
}
