import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import * as v from "valibot";
import { codeDigest, sourceDigest } from "../../blocks/digest.ts";
import { scriptTag } from "../../blocks/embed-tag.ts";
import { escapeHtml } from "../../protocol/escape-html.ts";
import { SIGNATURE_SUFFIX } from "../../protocol/gists.ts";
import { CliError, UsageError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import type { Signed } from "./sign-file.ts";

const TIMEOUT_MS = 20_000;
const GistSchema = v.object({
  files: v.record(v.string(), v.nullable(v.object({ content: v.optional(v.string()) }))),
});

export interface GistSigned {
  /** What an author pastes into a page; absent: the gist is not known. */
  tag?: string;
  notes: string[];
}

/** Throws `UsageError` before anything is signed. */
export function checkGist(file: string, gist: string | true, sent: Signed["sent"]): void {
  if (file === "-") throw new UsageError("--gist needs a file: the signature stands beside it");
  if (gist !== true && !/^[\w-]+\/[0-9a-f]+$/i.test(gist)) {
    throw new UsageError(
      `--gist takes USER/ID, as in the gist's address, not "${gist}"; put FILE before it`,
    );
  }
  if (Object.keys(sent).length > 0) {
    throw new UsageError("a block of a gist stands alone: leave --file, --after and --setup out");
  }
}

/**
 * Writes the signature beside the file. Where `gist` is named and GITHUB_TOKEN is set, adds it to the gist. Throws
 * `CliError`.
 */
export async function signBeside(
  file: string,
  gist: string | true,
  { block, code, serverUrl }: Signed,
  env: Record<string, string | undefined>,
): Promise<GistSigned> {
  const signature = file + SIGNATURE_SUFFIX;
  await writeFile(signature, `${block}\n`).catch((cause: unknown) => {
    throw new CliError(`${signature} can't be written`, { exitCode: EXIT.refused, cause });
  });
  const written = `wrote ${signature}`;
  if (gist === true)
    return { notes: [written, "add both files to one gist, then use its address"] };
  const name = basename(file);
  const token = env["GITHUB_TOKEN"];
  const id = gist.split("/")[1] ?? "";
  const tag =
    `<deferred-runner gist="${escapeHtml(gist)}" file="${escapeHtml(name)}"></deferred-runner>\n` +
    `${scriptTag(`${serverUrl}/deferred-runner.js`)}\n`;
  if (!token) {
    const how = `add it to the gist: gh gist edit ${id} --add ${signature}, or set GITHUB_TOKEN and sign again`;
    return { tag, notes: [written, how] };
  }
  await addToGist({ api: env["DEFERRED_GITHUB_API"] || "https://api.github.com", token, id }, [
    name,
    code,
    block,
  ]);
  const page = `its page: ${serverUrl}/gists/${gist}`;
  return { tag, notes: [written, `added ${name}${SIGNATURE_SUFFIX} to the gist ${gist}`, page] };
}

interface GistCall {
  api: string;
  token: string;
  id: string;
}

/** Adds the signature, if the gist has the code that was signed. */
async function addToGist(
  to: GistCall,
  [name, code, block]: [name: string, code: string, block: string],
): Promise<void> {
  const { files } = await callGitHub(to, "GET");
  const content = files[name]?.content;
  if (content === undefined || sourceDigest(content) !== codeDigest(code)) {
    throw new CliError(
      content === undefined
        ? `the gist has no file ${name}`
        : `${name} in the gist is not the file that was signed`,
      { hint: `gh gist edit ${to.id} --add ${name}, then sign again`, exitCode: EXIT.refused },
    );
  }
  const signature = { [name + SIGNATURE_SUFFIX]: { content: `${block}\n` } };
  await callGitHub(to, "PATCH", { files: signature });
}

async function callGitHub({ api, token, id }: GistCall, method: "GET" | "PATCH", body?: object) {
  const response = await fetch(`${api.replace(/\/+$/, "")}/gists/${id}`, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${token}`,
      "user-agent": "deferred-runner",
      "x-github-api-version": "2022-11-28",
    },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body && { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    const hint = "add the signature by hand, or try again";
    throw new CliError("GitHub can't be reached", { hint, exitCode: EXIT.unreachable, cause });
  });
  if (response.ok) return v.parse(GistSchema, await response.json());
  const hint = HINTS[response.status] ?? "add the signature by hand, or try again";
  throw new CliError(`GitHub answered ${response.status} for the gist ${id}`, {
    hint,
    exitCode: EXIT.refused,
  });
}

const HINTS: Record<number, string> = {
  401: "GITHUB_TOKEN is not one of GitHub's",
  403: "GITHUB_TOKEN may not write gists, or GitHub limits it for now",
  404: "the gist does not exist, or GITHUB_TOKEN lacks the right to write gists",
};
