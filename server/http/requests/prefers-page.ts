import type { Context } from "hono";

/**
 * Whether the caller wants a page for people rather than JSON. Browsers name `text/html` first when a person opens an
 * address; programs take anything or name JSON. `?format=json` is the way of a person to the JSON.
 */
export function prefersPage(c: Context): boolean {
  if (c.req.method !== "GET" && c.req.method !== "HEAD") return false;
  if (c.req.query("format") === "json") return false;
  return prefersHtml(c.req.header("accept") ?? "");
}

/** Whether `accept` gives `text/html` more weight than JSON. Equal weights mean JSON. */
export function prefersHtml(accept: string): boolean {
  const weights = new Map<string, number>();
  for (const range of accept.toLowerCase().split(",").slice(0, 50)) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    const q = parameters.find((one) => one.startsWith("q="));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    weights.set(type, Number.isFinite(weight) ? weight : 0);
  }
  const any = weights.get("*/*") ?? 0;
  const html = weights.get("text/html") ?? weights.get("text/*") ?? any;
  const json = weights.get("application/json") ?? weights.get("application/*") ?? any;
  return html > json;
}
