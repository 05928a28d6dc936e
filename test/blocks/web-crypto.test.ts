import { expect, test } from "vitest";
import { codeDigest } from "../../blocks/digest.ts";
import { inspectBlock } from "../../blocks/inspect.ts";
import { thumbprintSync, type PrivateJwk } from "../../blocks/keys.ts";
import { signBlockSync } from "../../blocks/sign.ts";
import { verifyBlockSignature } from "../../blocks/verify.ts";
import { codeClaim, makeWebKey, privateJwkOf, signInBrowser } from "../../blocks/web-crypto.ts";

const code = 'print("é 🙂")\n';
const claims = {
  iss: "local/demo",
  iat: 1,
  jti: "x",
  code: codeDigest(code),
  runtime: "python",
  title: "Größe",
};

test("what a browser signs is what the server verifies", async () => {
  expect(await codeClaim(code)).toBe(claims.code);
  const key = await makeWebKey({ extractable: false });
  expect(key.kid).toBe(thumbprintSync(key.publicJwk));
  const block = inspectBlock(await signInBrowser(claims, key));
  expect(block.claims).toEqual(claims);
  await verifyBlockSignature(block, key.publicJwk);
  await expect(privateJwkOf(key)).rejects.toThrow();
  const other = await makeWebKey({ extractable: false });
  await expect(verifyBlockSignature(block, other.publicJwk)).rejects.toThrow("signature_invalid");
});

test("a downloaded key signs on the command line", async () => {
  const key = await makeWebKey({ extractable: true });
  const jwk = (await privateJwkOf(key)) as PrivateJwk;
  expect(Object.keys(jwk).toSorted()).toEqual(["alg", "crv", "d", "kid", "kty", "x"]);
  await verifyBlockSignature(inspectBlock(signBlockSync(claims, jwk)), key.publicJwk);
});
