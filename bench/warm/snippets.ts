import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deferred, type Served } from "../../test/systems/process.ts";

/** A one-liner that prints 42, and the same started by its interpreter alone. */
export interface Snippet {
  name: string;
  file: string;
  code: string;
  bare: readonly string[];
}

export const SNIPPETS = {
  python: snippet("python", "py", "print(6 * 7)", "/usr/bin/python3", "-c"),
  ruby: snippet("ruby", "rb", "puts 6 * 7", "/usr/bin/ruby", "-e"),
  node: snippet("node", "js", "console.log(6 * 7)", process.execPath, "-e"),
  bash: snippet("bash", "sh", "echo $((6 * 7))", "/bin/bash", "-c"),
} as const;

function snippet(name: string, suffix: string, code: string, ...start: string[]): Snippet {
  return { name, file: `answer.${suffix}`, code, bare: [...start, code] };
}

/** Signs a snippet for a server; resolves with the body of `POST /v1/runs`. */
export async function signSnippet(served: Served, { file, code }: Snippet): Promise<string> {
  const path = join(served.data, file);
  await writeFile(path, code);
  const {
    code: status,
    stdout,
    stderr,
  } = await deferred(served, [...["sign", path, "--format", "json"]]);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** Wall milliseconds from the request until the run has ended and is stored. */
export async function timeRun(url: string, body: string): Promise<number> {
  const headers = { "content-type": "application/json", accept: "text/plain" };
  const began = performance.now();
  const response = await fetch(`${url}/v1/runs`, { method: "POST", headers, body });
  const output = await response.text();
  const took = performance.now() - began;
  if (output !== "42\n") throw new Error(`a run printed ${JSON.stringify(output)}`);
  return took;
}
