import type { KeyObject } from "node:crypto";
import { errors, jwtVerify, type JWTPayload } from "jose";
import type { ReceivedCall, ReceiverAnswer } from "./receiver.ts";

/** What GitHub was asked to make a token for, and the claims of the JWT that asked. */
interface MintedToken {
  text: string;
  repositories?: string[];
  repository_ids?: number[];
  permissions: Record<string, string>;
  claims: JWTPayload;
}

export type PlayedApp = ReturnType<typeof playGitHubApp>;

const INSTALLATION = 4711;

/**
 * GitHub's calls of an App, with what GitHub checks of them:
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
 */
export function playGitHubApp(options: {
  id: string;
  publicKey: KeyObject;
  /** `owner/name` and its id. */
  repository: string;
  repositoryId?: number;
  /** What the repository was called before. */
  formerName?: string;
  now?: () => number;
  permissions?: Record<string, string>;
  /** Of the token that is made as the n-th. */
  text?: (n: number) => string;
}) {
  const { id, publicKey, repository, repositoryId = 1, now = Date.now } = options;
  const granted = options.permissions ?? { contents: "read", statuses: "write", metadata: "read" };
  const minted: MintedToken[] = [];
  const revoked = new Set<string>();
  const state = { installed: true, suspended: false };

  async function answer({ method, path, headers, body }: ReceivedCall) {
    const isApps = /^\/(app|repos\/[^/]+\/[^/]+\/installation|repositories\/)/.test(path);
    if (!isApps) return undefined;
    const jwt = headers["authorization"]!.slice("Bearer ".length);
    const claims = await verified(jwt);
    if ("status" in claims) return claims;
    if (method === "GET" && path === `/repos/${options.formerName}/installation`) {
      const location = `/repositories/${repositoryId}/installation`;
      return { status: 301, headers: { location }, body: { message: "Moved Permanently" } };
    }
    const asked = [
      `/repos/${repository}/installation`,
      `/repositories/${repositoryId}/installation`,
    ];
    if (method === "GET" && asked.includes(path) && state.installed) {
      return { status: 200, body: { id: INSTALLATION, app_id: 1, account: { login: "acme" } } };
    }
    if (method !== "POST" || path !== `/app/installations/${INSTALLATION}/access_tokens`) {
      return refused(404, "Not Found");
    }
    if (state.suspended) return refused(403, "This installation has been suspended");
    const wanted = JSON.parse(body) as Omit<MintedToken, "text" | "claims">;
    const isOurs =
      wanted.repositories?.every((name) => name === repository.split("/")[1]) ??
      wanted.repository_ids?.every((one) => one === repositoryId);
    if (!isOurs) {
      return refused(
        422,
        "There is at least one repository that does not exist or is not accessible to the parent installation",
      );
    }
    if (Object.entries(wanted.permissions).some(([name, level]) => granted[name] !== level)) {
      return refused(422, "The permissions requested are not granted to this installation");
    }
    const text = options.text?.(minted.length + 1) ?? `ghs_${minted.length + 1}`;
    minted.push({ ...wanted, text, claims });
    const expires_at = new Date(now() + 3_600_000).toISOString().replace(/\.\d+/, "");
    // GitHub's answers are longer than what an error needs.
    const repositories = [{ id: repositoryId, description: "x".repeat(8000) }];
    return { status: 201, body: { token: text, expires_at, ...wanted, repositories } };
  }

  async function verified(jwt: string): Promise<JWTPayload | ReceiverAnswer> {
    const seconds = Math.floor(now() / 1000);
    try {
      const { payload } = await jwtVerify(jwt, publicKey, {
        ...{ algorithms: ["RS256"], currentDate: new Date(now()) },
        requiredClaims: ["iss", "iat", "exp"],
      });
      if (payload.iss !== id) return refused(404, "Integration not found");
      if (payload.iat! > seconds) {
        return refused(401, "'Issued at' claim ('iat') must be an Integer that is in the past");
      }
      if (payload.exp! - seconds <= 600) return payload;
    } catch (error) {
      if (!(error instanceof errors.JWTExpired)) {
        return refused(401, "A JSON web token could not be decoded");
      }
    }
    return refused(401, "'Expiration time' claim ('exp') is not within the next ten minutes");
  }

  return {
    answer: answer as (call: ReceivedCall) => Promise<ReceiverAnswer | undefined>,
    minted,
    state,
    revoke: (text: string) => void revoked.add(text),
    mayWriteStatuses: (text: string) =>
      !revoked.has(text) &&
      minted.some((one) => one.text === text && one.permissions["statuses"] === "write"),
  };
}

function refused(status: number, message: string): ReceiverAnswer {
  return { status, body: { message, documentation_url: "https://docs.github.com/rest" } };
}
