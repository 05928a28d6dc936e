import type { Context } from "hono";
import { mediaType } from "../../protocol/artifacts.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { RequestEnvironment } from "../http/requests/address.ts";
import type { OpenDocument } from "./result-links.ts";

/**
 * Policies of documents in frames. `sandbox` gives each an opaque origin, however it is opened: no cookies, no storage,
 * no navigation of the page around it, no popups, forms or downloads. Nothing is loaded from elsewhere. Chromium's
 * viewer of PDF files does not start in a frame with a `sandbox` attribute, but does with this header.
 */
const POLICIES: Readonly<Record<string, string>> = {
  "text/html": [
    "sandbox allow-scripts",
    "default-src 'none'",
    "script-src 'unsafe-inline' 'unsafe-eval'",
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "font-src data:",
    "media-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; "),
  "application/pdf": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
};

/** Milliseconds without progress after which a reader is disconnected. */
const PATIENCE_MS = 300_000;

/**
 * Sends the document to a frame, and to nothing else: as a page of its own it would be a stranger's page at the
 * server's address. Browsers name the frame to https and loopback addresses.
 */
export async function sendDocument(
  c: Context,
  { artifact, read }: OpenDocument,
): Promise<Response> {
  c.header("vary", "Sec-Fetch-Dest");
  if (c.req.header("sec-fetch-dest") !== "iframe") {
    throw new ApiError("file_not_found", `It is for a frame. The file is at ${artifact.url}`);
  }
  const policy = POLICIES[mediaType(artifact)];
  const body = policy && (await read());
  if (!body) throw new ApiError("file_not_found");
  const { answer } = (c.env ?? {}) as RequestEnvironment;
  answer?.setTimeout(PATIENCE_MS, () => answer.destroy());
  return c.body(body, 200, {
    "content-type": artifact.type,
    "content-length": String(artifact.size),
    "content-disposition": "inline",
    "content-security-policy": policy,
    "cross-origin-resource-policy": "cross-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "public, max-age=3600",
  });
}
