import { canonicalCode } from "../../protocol/canonical-code.ts";
import { codeDigest } from "../../blocks/digest.ts";
import type { PrivateJwk } from "../../blocks/keys.ts";
import { signBlock } from "../../blocks/sign.ts";
import { FIRST_PROJECT } from "../settings/data-folder.ts";
import { newId } from "../database/ids.ts";
import { signExamples, type Example, type SignedExample } from "./examples.ts";

/** Signs the examples for this server once: a reloaded page shows the same tokens. */
export function exampleSigner(of: {
  examples: readonly Example[];
  key: PrivateJwk;
  /** The server's public URL. */
  url: string;
}): () => Promise<SignedExample[]> {
  let signed: Promise<SignedExample[]> | undefined;
  return () =>
    (signed ??= signExamples(of.examples, (claims, code) =>
      signBlock(
        {
          iss: FIRST_PROJECT,
          aud: of.url,
          iat: Math.floor(Date.now() / 1000),
          jti: newId(),
          code: codeDigest(canonicalCode(code)),
          ...claims,
        },
        of.key,
      ),
    ));
}
