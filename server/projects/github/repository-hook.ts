import * as v from "valibot";
import { ApiError } from "../../../protocol/deferred-error.ts";
import type { Answer } from "../../http/post.ts";
import { headerToken } from "../credentials.ts";
import { callGitHub, isLimit, messageOf } from "./calls.ts";
import type { GitHubRepository } from "./repository.ts";

/** The events that make runs, as `server/hooks` reads them; GitHub adds `ping`. */
const EVENTS = ["push", "pull_request"];
/** Maximum bytes of an answer: a repository has at most 20 webhooks for an event. */
const MAX_BYTES = 256 * 1024;
/** Timeout of all calls together: a person waits for them. */
const WITHIN_MS = 15_000;

const HookSchema = v.object({
  id: v.number(),
  config: v.optional(v.object({ url: v.optional(v.string()) }), {}),
  last_response: v.nullish(
    v.object({ code: v.nullish(v.number()), message: v.nullish(v.string()) }),
  ),
});

export interface RepositoryHookOptions {
  repository: GitHubRepository;
  /** A token that may write the repository's webhooks. It is not kept. */
  token: string;
}

/** GitHub's calls about the webhook of one repository. Each throws `github_refused` or `github_unavailable`. */
export function createRepositoryHook({ repository, token }: RepositoryHookOptions) {
  const given = headerToken("github_token", token);
  const signal = AbortSignal.timeout(WITHIN_MS);
  const hooks = `${repository.api}/repos/${repository.name}/hooks`;

  async function call(
    method: "GET" | "POST" | "PATCH",
    url: string,
    body?: object,
  ): Promise<Answer> {
    const answer = await callGitHub(url, {
      method,
      token: given,
      signal,
      readBytes: MAX_BYTES,
      ...(body && { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new ApiError("github_unavailable", undefined, { cause });
    });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw refusal(answer, repository.name);
  }

  async function findByUrl(url: string): Promise<number | undefined> {
    const listed = await call("GET", `${hooks}?per_page=100`);
    return read(v.array(HookSchema), listed).find(({ config }) => config.url === url)?.id;
  }

  return {
    /** Throws unless the token may read the repository's webhooks. */
    check: () => call("GET", `${hooks}?per_page=1`),

    /** Has GitHub call the address, signed with the secret. Idempotent. Returns the webhook's id at GitHub. */
    async set(url: string, secret: string): Promise<number> {
      const config = { url, content_type: "json", secret, insecure_ssl: "0" };
      const found = await findByUrl(url);
      const wanted = { active: true, events: EVENTS, config };
      const answer =
        found === undefined
          ? await call("POST", hooks, { name: "web", ...wanted })
          : await call("PATCH", `${hooks}/${found}`, wanted);
      return read(HookSchema, answer).id;
    },

    /** Asks GitHub to send a ping to the webhook. */
    ping: (id: number) => call("POST", `${hooks}/${id}/pings`),

    /** The last answer that GitHub got from the address, in GitHub's words. */
    async lastAnswer(id: number): Promise<string | undefined> {
      const { last_response: last } = read(HookSchema, await call("GET", `${hooks}/${id}`));
      return last?.message ? `${last.message}${last.code ? ` (${last.code})` : ""}` : undefined;
    },
  };
}

function read<const TSchema extends v.GenericSchema>(
  schema: TSchema,
  { text }: Answer,
): v.InferOutput<TSchema> {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  if (parsed.success) return parsed.output;
  throw new ApiError("github_refused", "Its answer is not one of GitHub's API.");
}

function refusal(answer: Answer, name: string): ApiError {
  const { status, text } = answer;
  if (isLimit(answer) || status >= 500) return new ApiError("github_unavailable");
  if (status === 401) {
    return new ApiError(
      "github_refused",
      "GitHub does not know this token: is it whole, and not expired?",
    );
  }
  if (status === 403 || status === 404) {
    return new ApiError(
      "github_refused",
      `This token may not write the webhooks of ${name}. Give a fine-grained token the repository ${name} and the ` +
        'permission "Webhooks: read and write", a classic one the scope admin:repo_hook.',
    );
  }
  const said = [messageOf(text), ...errorsOf(text)].filter((words) => words !== "").join(": ");
  return new ApiError("github_refused", `GitHub answered ${status}${said ? `: ${said}` : ""}.`);
}

/** The sentences below `errors` in GitHub's answer to a request that it finds invalid. */
function errorsOf(text: string): string[] {
  const shape = v.object({ errors: v.array(v.object({ message: v.optional(v.string(), "") })) });
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), shape), text);
  return parsed.success ? parsed.output.errors.map(({ message }) => message.slice(0, 200)) : [];
}
