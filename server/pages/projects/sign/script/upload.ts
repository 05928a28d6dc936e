import { say } from "./place.ts";

/** Sends the files of a signed block that the server has to store and lacks. Throws `Error` with what to do. */
export async function sendStoredFiles(
  address: string,
  block: string,
  stored: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
): Promise<void> {
  const headers = { accept: "application/json" };
  const body = new URLSearchParams({ block });
  const answer = await fetch(address, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(await whyNot(answer));
  const lacking = (await answer.json()) as { block: string; files: { sha256: string }[] };
  for (const [index, { sha256 }] of lacking.files.entries()) {
    say("file-total", `Sending file ${index + 1} of ${lacking.files.length}`);
    const bytes = stored.get(sha256);
    if (!bytes) throw new Error("A file was changed meanwhile: choose it again.");
    const type = { ...headers, "content-type": "application/octet-stream" };
    const sent = await fetch(`${address}/${lacking.block}`, {
      method: "POST",
      headers: type,
      body: bytes,
    });
    if (!sent.ok) throw new Error(await whyNot(sent));
  }
}

/** The server's refusal, in a sentence. */
export async function whyNot(answer: Response): Promise<string> {
  const problem = (await answer.json().catch(() => ({}))) as { title?: string; detail?: string };
  const said = [problem.title, problem.detail].filter(Boolean).join(" ");
  return said === "" ? "The server did not take it. Try again." : said;
}
