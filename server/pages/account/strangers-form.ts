import type { Context } from "hono";
import { checkSameOrigin } from "../../http/requests/same-origin.ts";
import { readForm } from "../form/read-form.ts";

/** Limits the forms of strangers. */
const MAX_BYTES = 8 * 1024;

/** The fields of a form that a page of this server sent, from a browser that may not be signed in. */
export function readStrangersForm(c: Context, url: string): Promise<URLSearchParams> {
  checkSameOrigin(c, url);
  return readForm(c, { maxBytes: MAX_BYTES, vouched: false });
}
