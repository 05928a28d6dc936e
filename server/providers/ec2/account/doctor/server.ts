import type { Checked } from "./checked.ts";
import { findingsOf, type Finding } from "../../../../operate/doctor/finding.ts";

const WAIT_MS = 10_000;

/** Checks that machines can reach the server at its public address. */
export async function* checkServer({ target }: Checked): AsyncGenerator<Finding> {
  const about = findingsOf("server");
  const url = `${target.url}/healthz`;
  const signal = AbortSignal.timeout(WAIT_MS);
  const response = await fetch(url, { signal, redirect: "manual" }).catch((error: Error) => error);
  if (response instanceof Error) {
    const cause = response.cause instanceof Error ? response.cause.message : response.message;
    yield about.failed(
      `${target.url} does not answer: ${cause}`,
      "start the server, and the proxy with its certificate before it; machines call this address",
    );
    return;
  }
  yield response.status === 200
    ? about.ok(`${target.url} answers`)
    : about.failed(
        `${url} answers with status ${response.status}`,
        "let the proxy pass requests to the server as they are, without a redirect",
      );
  if (new URL(target.url).protocol !== "https:") {
    yield about.warning(
      "its address is not https, which only a server on this very machine may be",
      "set DEFERRED_URL to its public https address",
    );
  }
}
