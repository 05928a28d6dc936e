import { expect, test } from "vitest";
import { codeDigest } from "../../blocks/digest.ts";
import { newKeyPair, published, publicPart, type PrivateJwk } from "../../blocks/keys.ts";
import { createReceiptSigner, verifyReceipt } from "../../blocks/receipt.ts";
import { signBlock } from "../../blocks/sign.ts";
import { verifyToken, type BlockKey, type BlockRegistry } from "../../blocks/verify.ts";
import { createVerifiedTokens } from "../../blocks/verified-tokens.ts";

const NOW = Date.parse("2026-11-30T12:00:00Z");
const audience = "https://runner.example";

const tokenOf = (key: PrivateJwk, exp?: number) =>
  signBlock(
    {
      iss: "a/b",
      aud: audience,
      iat: NOW / 1000,
      jti: "one",
      runtime: "python",
      code: codeDigest("print(1)\n"),
      ...(exp !== undefined && { exp }),
    },
    key,
  );

async function startRegistry() {
  const { privateJwk, publicJwk } = await newKeyPair();
  let key: BlockKey | undefined = { jwk: publicJwk, revokedAt: null };
  let blockRevokedAt: string | undefined;
  const verified = createVerifiedTokens(2);
  const registry: BlockRegistry = {
    findKey: async () => key,
    blockRevokedAt: async () => blockRevokedAt,
    verified,
  };
  return {
    privateJwk,
    verified,
    change: (to: BlockKey | undefined) => (key = to),
    revokeBlock: () => (blockRevokedAt = "2026-11-30T11:00:00.000Z"),
    verify: (token: string, now = NOW) =>
      verifyToken(token, { registry, audience, origin: null, now }),
  };
}

test("a token that was verified is refused as soon as its key is revoked, removed or another", async () => {
  const { privateJwk, verify, change } = await startRegistry();
  const token = await tokenOf(privateJwk);
  expect((await verify(token)).claims.jti).toBe("one");
  expect(await verify(token)).toEqual(await verify(token));
  const jwk = publicPart(privateJwk);
  change({ jwk, revokedAt: "2026-11-30T11:00:00.000Z" });
  await expect(verify(token)).rejects.toMatchObject({ code: "key_revoked" });
  change(undefined);
  await expect(verify(token)).rejects.toMatchObject({ code: "key_unknown" });
  change({ jwk: (await newKeyPair()).publicJwk, revokedAt: null });
  await expect(verify(token)).rejects.toMatchObject({ code: "signature_invalid" });
  change({ jwk, revokedAt: null });
  expect((await verify(token)).claims.jti).toBe("one");
});

test("a token that was verified is refused as soon as it expires or its block is revoked", async () => {
  const { privateJwk, verify, revokeBlock } = await startRegistry();
  const token = await tokenOf(privateJwk, NOW / 1000 + 60);
  await verify(token);
  await expect(verify(token, NOW + 3_600_000)).rejects.toMatchObject({ code: "block_expired" });
  revokeBlock();
  await expect(verify(token)).rejects.toMatchObject({ code: "block_revoked" });
});

test("another signature over the same claims is verified, and the least used token is forgotten", async () => {
  const { privateJwk, verified, verify } = await startRegistry();
  const token = await tokenOf(privateJwk);
  await verify(token);
  const forged = `${token.slice(0, token.lastIndexOf("."))}.${"A".repeat(86)}`;
  await expect(verify(forged)).rejects.toMatchObject({ code: "signature_invalid" });
  expect(verified.find(forged)).toBeUndefined();
  const others = [await tokenOf(privateJwk, 4e9), await tokenOf(privateJwk, 5e9)];
  for (const other of others) await verify(other);
  expect(verified.find(token)).toBeUndefined();
  expect(others.map((other) => verified.find(other)?.block.token)).toEqual(others);
});

test.each(["EdDSA", "ES256"] as const)(
  "a receipt signed by %s is verified by its key alone",
  async (alg) => {
    const { privateJwk } = await newKeyPair(alg);
    const receipt = {
      iss: audience,
      run: "r1",
      block: "b",
      code: "c",
      inputs: "i",
      output: "o",
      state: "succeeded",
      exit_code: 0,
      iat: NOW / 1000,
    };
    const token = createReceiptSigner(privateJwk)(receipt);
    const keysOf = (key: PrivateJwk) => ({
      keys: [{ ...published(publicPart(key), privateJwk.kid), alg }],
    });
    expect(await verifyReceipt(token, keysOf(privateJwk))).toEqual(receipt);
    const other = await newKeyPair(alg);
    await expect(verifyReceipt(token, keysOf(other.privateJwk))).rejects.toThrow("signature");
  },
);
