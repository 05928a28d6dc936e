import { lookup as dnsLookup } from "node:dns";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { isPublicAddress } from "../../protocol/addresses.ts";

export interface Post {
  url: string;
  method?: "GET" | "POST" | "PATCH";
  headers: Record<string, string>;
  body?: string;
  /** Allows addresses that are not public. */
  allowPrivate: boolean;
  signal: AbortSignal;
  /** Bytes of the answer to read; absent: enough for an error message. */
  readBytes?: number;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** Its beginning. */
  text: string;
}

/** Default bytes of an answer that are read. */
const READ_BYTES = 4096;
/** Timeout of the whole exchange. */
const ANSWERED_WITHIN_MS = 10_000;

/**
 * Sends one POST or GET and follows no redirect, which could lead to a private address. A name's addresses are checked
 * by the look-up of the connection itself, since a second look-up may give others (DNS rebinding).
 */
export function post(options: Post): Promise<Answer> {
  const { url, method = "POST", headers, body = "", allowPrivate, signal } = options;
  const { readBytes = READ_BYTES } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const target = new URL(url);
  const host = target.hostname.replace(/^\[(.*)\]$/, "$1");
  // A literal address in the URL never reaches the look-up.
  if (!allowPrivate && isIP(host) && !isPublicAddress(host)) {
    reject(new Error(`${host} is not a public address.`));
    return promise;
  }
  const over = AbortSignal.any([signal, AbortSignal.timeout(ANSWERED_WITHIN_MS)]);
  const send = target.protocol === "https:" ? httpsRequest : httpRequest;
  const request = send(
    target,
    {
      method,
      headers: {
        "user-agent": "deferred-runner",
        ...headers,
        "content-length": String(Buffer.byteLength(body)),
      },
      lookup: allowPrivate ? undefined : publicLookup,
      // A kept connection would outlive the check of its address.
      agent: false,
      signal: over,
    },
    (response) => {
      let text = "";
      const done = () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        response.destroy();
      };
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text = (text + part).slice(0, readBytes);
        if (text.length >= readBytes) done();
      });
      response.on("end", done);
      response.on("error", reject);
    },
  );
  request.on("error", (error) => {
    const late = over.aborted && !signal.aborted;
    reject(late ? new Error("It did not answer in time.", { cause: error }) : error);
  });
  request.end(body);
  return promise;
}

/** Node's own look-up, which fails for names with an address that is not public. */
const publicLookup: LookupFunction = (name, options, found) => {
  dnsLookup(name, { ...options, all: true }, (error, addresses) => {
    if (error) return found(error, []);
    const inside = addresses.find(({ address }) => !isPublicAddress(address));
    if (inside) {
      return found(
        new Error(`${name} has the address ${inside.address}, which is not public.`),
        [],
      );
    }
    if (options.all) return found(null, addresses);
    const [first] = addresses;
    return found(null, first?.address ?? "", first?.family);
  });
};

/** Milliseconds that a Retry-After header asks for: seconds or a date. */
export function retryAfterMs(
  value: string | string[] | undefined,
  now: number,
): number | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
