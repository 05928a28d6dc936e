import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeDigest } from "../../blocks/digest.ts";
import type { PrivateJwk } from "../../blocks/keys.ts";
import { signBlock } from "../../blocks/sign.ts";
import { canonicalCode } from "../../protocol/canonical-code.ts";
import type { BlockClaims } from "../../protocol/claims.ts";
import type { RunEvent } from "../../protocol/events.ts";
import { paths } from "../../protocol/paths.ts";
import type { ProjectView } from "../../protocol/projects.ts";
import type { Result, RunCreated, RunView } from "../../protocol/run.ts";
import { dataFolder, FIRST_PROJECT } from "../../server/settings/data-folder.ts";
import { eventually } from "../eventually.ts";

const JSON_BODY = { "content-type": "application/json" };

/** The key that a server made for the first project of its data folder. */
export async function readFirstKey(data: string): Promise<PrivateJwk> {
  const keys = dataFolder(data).keys(FIRST_PROJECT);
  const [file = ""] = await readdir(keys);
  return JSON.parse(await readFile(join(keys, file), "utf8")) as PrivateJwk;
}

/** A block of the first project for the server at `aud`. */
export function signCode(
  code: string,
  aud: string,
  key: PrivateJwk,
  claims: Partial<BlockClaims> = {},
): Promise<string> {
  const iat = Math.floor(Date.now() / 1000);
  const given = {
    iss: FIRST_PROJECT,
    aud,
    iat,
    jti: randomUUID(),
    code: codeDigest(canonicalCode(code)),
  };
  return signBlock({ ...given, runtime: "bash", ...claims }, key);
}

/** An author and a reader of the server at `url`, over HTTP. */
export async function createClient({ url, data }: { url: string; data: string }) {
  const key = await readFirstKey(data);

  /** A signed bash script, as a page sends it. */
  async function request(code: string, claims: Partial<BlockClaims> = {}): Promise<string> {
    return JSON.stringify({ block: await signCode(code, url, key, claims), code });
  }

  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(url + paths.runs, { method: "POST", headers: { ...JSON_BODY, ...headers }, body });

  async function press(body: string): Promise<RunCreated> {
    const response = await post(body);
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as RunCreated;
  }

  async function* follow({ events_url }: Pick<RunCreated, "events_url">): AsyncGenerator<RunEvent> {
    yield* readEvents(await fetch(events_url));
  }

  return {
    request,
    post,
    press,

    run: async (code: string, claims: Partial<BlockClaims> = {}): Promise<RunCreated> =>
      press(await request(code, claims)),

    async cancel({ id, cancel_token }: RunCreated): Promise<void> {
      const headers = { authorization: `Bearer ${cancel_token}` };
      await fetch(url + paths.run(id), { method: "DELETE", headers });
    },

    view: async (id: string): Promise<RunView> =>
      (await (await fetch(url + paths.run(id))).json()) as RunView,

    /** Resolves once `holds` is true of the run, even if the server is away in between. */
    until: (id: string, holds: (view: RunView) => boolean): Promise<RunView> =>
      eventually(async () => {
        const view = await readJson<RunView>(url + paths.run(id));
        return view && holds(view) ? view : undefined;
      }),

    result: ({ result_url }: Pick<RunCreated, "result_url">): Promise<Result> =>
      eventually(() => readJson<Result>(result_url)),

    /** Resolves once the run has printed `text`. */
    printed: (id: string, text: string): Promise<true> =>
      eventually(async () => {
        const { body } = await fetch(url + paths.runEvents(id));
        let seen = "";
        for await (const part of body!.pipeThrough(new TextDecoderStream())) {
          seen += part;
          if (seen.includes(JSON.stringify(text).slice(1, -1))) return true;
        }
        return undefined;
      }),

    /** The events of a run as they come, to its end. */
    follow,

    /** All events of a run, once it has ended. */
    events: (run: RunCreated): Promise<RunEvent[]> => Array.fromAsync(follow(run)),
  };
}

/** The owner of the server at `url`. */
export async function createOwner({ url, data }: { url: string; data: string }) {
  const token = (await readFile(dataFolder(data).ownerToken, "utf8")).trim();
  const call = (method: string, path: string, body?: object) =>
    fetch(url + path, {
      method,
      redirect: "manual",
      headers: { authorization: `Bearer ${token}`, ...JSON_BODY },
      ...(body && { body: JSON.stringify(body) }),
    });
  return {
    token,
    call,

    async createProject(slug: string, repository: string): Promise<ProjectView> {
      const response = await call("POST", paths.projects, { slug, repository });
      if (response.status !== 201) throw new Error(await response.text());
      return (await response.json()) as ProjectView;
    },
  };
}

/** The events of a stream as they come, to its end. */
export async function* readEvents(response: Response): AsyncGenerator<RunEvent> {
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split("\n");
    text = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith("data: ")) yield JSON.parse(line.slice("data: ".length)) as RunEvent;
    }
  }
}

/** The JSON at `url`; undefined where there is none, or the server is away or dies over it. */
async function readJson<Value>(url: string): Promise<Value | undefined> {
  try {
    const response = await fetch(url);
    if (response.ok) return (await response.json()) as Value;
    await response.body?.cancel();
  } catch {
    // The server is away.
  }
  return undefined;
}
