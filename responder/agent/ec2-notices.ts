import { nodeHttp } from "../network/node-http.ts";

const ANSWER_MS = 2_000;
/** The longest lifetime that the service gives a token; it is renewed at half of it. */
const TOKEN_S = 21_600;

/** Reads the notices that a provider gives one of its machines. Rejects where it does not answer. */
export interface ProviderNotices {
  /** The machine goes away within minutes. */
  isTakenBack(signal: AbortSignal): Promise<boolean>;
  /** The machine may be taken back soon. */
  isAtRisk(signal: AbortSignal): Promise<boolean>;
}

/** Notices of EC2's instance metadata service, version 2, at `url`. */
export function ec2Notices(url: string): ProviderNotices {
  let token: { value: string; until: number } | undefined;

  async function exists(path: string, signal: AbortSignal): Promise<boolean> {
    if (!token || token.until < performance.now()) token = await newToken(signal);
    const headers = { "x-aws-ec2-metadata-token": token.value };
    const { status } = await call("GET", `${url}/latest/meta-data/${path}`, headers, signal);
    if (status === 401) token = undefined;
    if (status !== 200 && status !== 404) throw new Error(`no answer: ${status}`);
    return status === 200;
  }

  async function newToken(signal: AbortSignal) {
    const headers = { "x-aws-ec2-metadata-token-ttl-seconds": String(TOKEN_S) };
    const until = performance.now() + (TOKEN_S * 1000) / 2;
    const answer = await call("PUT", `${url}/latest/api/token`, headers, signal);
    if (answer.status !== 200) throw new Error(`no token: ${answer.status}`);
    return { value: answer.body, until };
  }

  return {
    isTakenBack: (signal) => exists("spot/instance-action", signal),
    isAtRisk: (signal) => exists("events/recommendations/rebalance", signal),
  };
}

function call(
  method: string,
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<{ status: number; body: string }> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  return new Promise((resolve, reject) => {
    const sent = nodeHttp.request(url, { method, headers, signal: limited }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.on("error", reject);
    });
    sent.on("error", reject).end();
  });
}
