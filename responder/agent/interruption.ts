import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 5_000;
const ANSWER_MS = 2_000;
/** The longest a token of the service may last; it is renewed well before. */
const TOKEN_S = 21_600;

/** What a provider says of a machine that it wants back. */
export interface InterruptionNews {
  /** It goes away within minutes: nothing that runs can be counted on to end. */
  onTakenBack(): void;
  /** It may go away soon: what runs may end, nothing more should begin. */
  onAtRisk(): void;
}

export interface InterruptionOptions extends InterruptionNews {
  /** The instance metadata service, version 2, without a slash at its end. */
  readonly metadataUrl: string;
  readonly signal: AbortSignal;
  readonly pollMs?: number;
}

/**
 * Asks the instance metadata service every few seconds whether the machine is taken back, as EC2 does with
 * spot instances. Each is told once. A service that does not answer is asked again, quietly: it is no
 * reason to stop working. Nor is a risk that was there from the start: the next machine would have it as
 * well, and so on without end, each gone before it did anything.
 */
export async function watchInterruption(options: InterruptionOptions): Promise<void> {
  const { metadataUrl, signal, onTakenBack, onAtRisk, pollMs = POLL_MS } = options;
  let token: { value: string; until: number } | undefined;
  /** Undefined before the service has said it. */
  let atRisk: boolean | undefined;

  const announced = async (path: string): Promise<boolean> => {
    if (!token || token.until < performance.now()) token = await newToken();
    const headers = { "x-aws-ec2-metadata-token": token.value };
    const { status } = await call(
      "GET",
      `${metadataUrl}/latest/meta-data/${path}`,
      headers,
      signal,
    );
    if (status === 401) token = undefined;
    if (status !== 200 && status !== 404) throw new Error(`no answer: ${status}`);
    return status === 200;
  };
  const newToken = async () => {
    const headers = { "x-aws-ec2-metadata-token-ttl-seconds": String(TOKEN_S) };
    const until = performance.now() + (TOKEN_S * 1000) / 2;
    const answer = await call("PUT", `${metadataUrl}/latest/api/token`, headers, signal);
    if (answer.status !== 200) throw new Error(`no token: ${answer.status}`);
    return { value: answer.body, until };
  };

  while (!signal.aborted) {
    try {
      if (await announced("spot/instance-action")) return onTakenBack();
      if (atRisk !== true) {
        const wasKnown = atRisk !== undefined;
        atRisk = await announced("events/recommendations/rebalance");
        if (atRisk && wasKnown) onAtRisk();
      }
    } catch {
      // It may not be there yet, or not for this kind of machine.
    }
    await sleep(pollMs, undefined, { signal, ref: false }).catch(() => {});
  }
}

function call(
  method: string,
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<{ status: number; body: string }> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, signal: limited }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.on("error", reject);
    });
    sent.on("error", reject).end();
  });
}
