import { codeClaim, fileClaims } from "../../../../blocks/web-crypto.ts";
import type { BlockClaims } from "../../../../protocol/claims.ts";
import type { SignForm } from "./form.ts";

export interface SignFacts {
  project: string;
  /** The server's public URL. */
  server: string;
  id: string;
  /** Milliseconds since 1970. */
  now: number;
}

/** The claims of the block that the form states. Works in browsers and on the server. */
export async function claimsOf(form: SignForm, facts: SignFacts): Promise<BlockClaims> {
  const issued = Math.floor(facts.now / 1000);
  const { code, terms, expiresS, anyServer, parts, stored } = form;
  const files = stored ?? (parts.files && (await fileClaims(parts.files)));
  return {
    iss: facts.project,
    ...(!anyServer && { aud: facts.server }),
    iat: issued,
    ...(expiresS !== undefined && { exp: issued + expiresS }),
    jti: facts.id,
    code: await codeClaim(code),
    ...terms,
    ...(files && { files }),
    ...(parts.before && { after: await Promise.all(parts.before.map(codeClaim)) }),
    ...(parts.setup !== undefined && { setup: await codeClaim(parts.setup) }),
  };
}
