import { Hono, type Context } from "hono";
import { describe } from "../../http/openapi/describe.ts";
import { bearer } from "../../http/bearer.ts";
import { sameSecret } from "../../database/ids.ts";
import { isLoopback } from "../../http/listen.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { isLoopbackAddress, peerOf } from "../../http/requests/address.ts";
import type { Metrics } from "./metrics.ts";

export interface MetricsRoutesOptions {
  metrics: Metrics;
  /** The server's public URL. */
  url: string;
  /** Absent: only programs on this machine may read it, and only if the server's URL is a loopback address. */
  token: string | undefined;
}

/** Headers in which proxies name the original client. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

function isHere(url: string): boolean {
  return isLoopback(new URL(url).hostname.replace(/^\[(.+)\]$/, "$1"));
}

/** `GET /metrics`, in Prometheus' text form. */
export function metricsRoutes({ metrics, url, token }: MetricsRoutesOptions): Hono {
  const app = new Hono();
  const isPrivate = isHere(url);

  /** A loopback address is not enough, since all clients of a proxy on this machine have one. */
  function isOwnMachine(c: Context): boolean {
    const peer = peerOf(c);
    return (
      isPrivate &&
      (peer === undefined || isLoopbackAddress(peer)) &&
      isHere(c.req.url) &&
      !FORWARDED.some((name) => c.req.header(name) !== undefined)
    );
  }

  app.get("/metrics", docs, async (c) => {
    if (token === undefined) {
      if (!isOwnMachine(c)) {
        throw new ApiError(
          "token_missing",
          "Set DEFERRED_METRICS_TOKEN on the server, and send it.",
        );
      }
    } else {
      const sent = bearer(c.req.header("authorization"));
      if (sent === undefined) throw new ApiError("token_missing", "DEFERRED_METRICS_TOKEN.");
      if (!sameSecret(sent, token)) throw new ApiError("token_wrong", "DEFERRED_METRICS_TOKEN.");
    }
    const text = await metrics.registry.metrics();
    return c.body(text, 200, {
      "content-type": metrics.registry.contentType,
      "cache-control": "no-store",
    });
  });
  return app;
}

const docs = describe({
  tag: "Server",
  summary: "What an operator watches, for Prometheus",
  description:
    "With `DEFERRED_METRICS_TOKEN` as a bearer token. Where the server has none, programs of its own machine may ask without, as long as its public address is a loopback one.",
  answers: { 200: ["Prometheus' text form.", undefined, "text/plain"] },
  errors: ["token_missing", "token_wrong"],
});
