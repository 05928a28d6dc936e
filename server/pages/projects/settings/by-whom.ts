import { html } from "hono/html";
import { type Actor, actorWords } from "../../../../protocol/actors.ts";
import type { Html } from "../../layout.ts";

/** Who set something, behind the time: `by ada`. Nothing where it is not known. */
export function byWhom(actor: Actor | null | undefined): Html | "" {
  return actor ? html`<small>by ${actorWords(actor)}</small>` : "";
}
