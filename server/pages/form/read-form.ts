import type { Context } from "hono";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { bodyBytes } from "../../http/bodies/read.ts";

/** A form of a project may hold private keys and lists of hosts. */
const MAX_BYTES = 256 * 1024;
const MAX_FIELDS = 200;

export interface ReadFormOptions {
  maxBytes?: number;
  /** Whether its sender is signed in: otherwise it counts against the memory for unverified bodies. */
  vouched?: boolean;
}

/**
 * The fields of a posted form. Its bytes and fields are bounded. Throws `content_type_unsupported`,
 * `body_too_large` or `body_invalid`.
 */
export async function readForm(
  c: Context,
  { maxBytes = MAX_BYTES, vouched = true }: ReadFormOptions = {},
): Promise<URLSearchParams> {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") {
    throw new ApiError("content_type_unsupported", "This address takes the fields of a form.");
  }
  const bytes = await bodyBytes(c, maxBytes, { vouched });
  const form = new URLSearchParams(new TextDecoder().decode(bytes));
  if (form.size > MAX_FIELDS) {
    throw new ApiError("body_invalid", `A form has at most ${MAX_FIELDS} fields.`);
  }
  return form;
}

/** A field's text without blanks around it; absent fields are empty. */
export function fieldText(form: URLSearchParams, name: string): string {
  return (form.get(name) ?? "").trim();
}

/** A field's text as lines, as Unix programs write them. Blanks are kept. */
export function fieldLines(form: URLSearchParams, name: string): string {
  // Browsers send each line end of a text area as CRLF.
  return (form.get(name) ?? "").replace(/\r\n?/g, "\n");
}

/** The entries of a list, which people separate by commas, blanks or lines. */
export function fieldList(form: URLSearchParams, name: string): string[] {
  return [...new Set((form.get(name) ?? "").split(/[\s,]+/).filter((entry) => entry !== ""))];
}

/** Whether a check box is checked: browsers send unchecked boxes not at all. */
export function isChecked(form: URLSearchParams, name: string): boolean {
  return form.has(name);
}
