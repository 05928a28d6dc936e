import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";

export interface PageHeadersOptions {
  /** Origins of results and artifacts beside the page's own. */
  origins: readonly string[];
  /** The part of the page's address that other sites get as the referrer; absent: its origin. */
  referrer?: "same-origin";
  /** Whether pages of other sites may embed it as an image. */
  shownElsewhere?: boolean;
}

/** Security headers of the server's own pages: they may load their own files and the results of runs. */
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
      frameSrc: [own],
      baseUri: ["'none'"],
      formAction: [own],
      frameAncestors: ["'none'"],
    },
    crossOriginResourcePolicy: shownElsewhere ? "cross-origin" : "same-origin",
    // A block may name the origins it runs from, so the browser has to send ours.
    referrerPolicy: referrer ?? "strict-origin-when-cross-origin",
    // The operator's proxy decides on HSTS.
    strictTransportSecurity: false,
  });
}
