import { html } from "hono/html";
import type { Html } from "../layout.ts";

interface PasskeyButtonOptions {
  words: string;
  /** Where the script asks for the options of the browser's call. */
  challenge: string;
  /** Where it sends what the passkey answered. */
  answer: string;
  /** A new passkey is made, with the name that the page's field `name` holds. */
  create?: boolean;
}

/** A button of the passkeys' script; without the script, and in browsers without passkeys, it stays hidden. */
export function passkeyButton({ words, challenge, answer, create }: PasskeyButtonOptions): Html {
  return html`<div
      class="passkey"
      hidden
      data-passkey="${create ? "create" : "get"}"
      data-challenge="${challenge}"
      data-answer="${answer}"
    >
      <button type="button" class="button">${words}</button>
      <p class="mistake" role="alert" hidden></p>
    </div>
    <noscript><p class="help">Passkeys need JavaScript.</p></noscript>`;
}
