import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";

export interface PageHeadersOptions {
  /** Origins beside the page's own that results and artifacts come from. */
  origins: readonly string[];
  /** What other sites learn of the page's address; absent: its origin. */
  referrer?: "same-origin";
}

/** What the server's own pages may load: their own files, and the results of runs. */
export function pageHeaders({ origins, referrer }: PageHeadersOptions): MiddlewareHandler {
  const own = "'self'";
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: [own],
      styleSrc: [own],
      imgSrc: [own, "data:", ...origins],
      connectSrc: [own, ...origins],
      baseUri: ["'none'"],
      formAction: [own],
      frameAncestors: ["'none'"],
    },
    // A block may name the origins it runs from, so the browser has to tell ours.
    referrerPolicy: referrer ?? "strict-origin-when-cross-origin",
    // Whether http is refused is for the operator's proxy to say.
    strictTransportSecurity: false,
  });
}
