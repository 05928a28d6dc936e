import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";

export interface PageHeadersOptions {
  /** Origins beside the page's own that results and artifacts come from. */
  origins: readonly string[];
  /** What other sites learn of the page's address; absent: its origin. */
  referrer?: "same-origin";
  /** Whether pages of other sites may show it, as a picture. */
  shownElsewhere?: boolean;
}

/** What the server's own pages may load: their own files, and the results of runs. */
export function pageHeaders({
  origins,
  referrer,
  shownElsewhere = false,
}: PageHeadersOptions): MiddlewareHandler {
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
    crossOriginResourcePolicy: shownElsewhere ? "cross-origin" : "same-origin",
    // A block may name the origins it runs from, so the browser has to tell ours.
    referrerPolicy: referrer ?? "strict-origin-when-cross-origin",
    // Whether http is refused is for the operator's proxy to say.
    strictTransportSecurity: false,
  });
}
