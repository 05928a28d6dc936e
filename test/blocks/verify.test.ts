import { CompactSign, SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import type { BlockClaims } from "../../protocol/claims.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { codeDigest } from "../../blocks/digest.ts";
import { newKeyPair } from "../../blocks/keys.ts";
import { signBlock } from "../../blocks/sign.ts";
import { verifyCode, verifyToken, type BlockKey } from "../../blocks/verify.ts";

const now = Date.UTC(2026, 10, 22);
const code = "puts 6 * 7\n";
const audience = "https://runner.example";

type Pair = Awaited<ReturnType<typeof newKeyPair>>;
let pair: Pair;
let curve: Pair;
beforeAll(async () => {
  pair = await newKeyPair();
  curve = await newKeyPair("ES256");
});

const claimsOf = (changes: Partial<BlockClaims> = {}): BlockClaims => ({
  iss: "ann/blog",
  aud: audience,
  iat: now / 1000,
  jti: "b1",
  code: codeDigest(code),
  runtime: "ruby",
  ...changes,
});

function verify(
  token: string,
  changes: { origin?: string | null; key?: BlockKey; now?: number } = {},
) {
  return verifyToken(token, {
    audience,
    origin: changes.origin ?? null,
    now: changes.now ?? now,
    registry: {
      async findKey(iss, kid) {
        if (changes.key) return changes.key;
        if (iss !== "ann/blog") return undefined;
        const found = [pair, curve].find((candidate) => candidate.kid === kid);
        return found && { jwk: found.publicJwk, revokedAt: null };
      },
      async blockRevokedAt(iss, jti) {
        return iss === "ann/blog" && jti === "taken-back" ? "2026-11-21T00:00:00Z" : undefined;
      },
    },
  });
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error("it was accepted"),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ApiError) return error.code;
  throw error;
}

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("a block is accepted", () => {
  test("with an Ed25519 key and with a P-256 key", async () => {
    for (const signer of [pair, curve]) {
      const block = await verify(await signBlock(claimsOf(), signer.privateJwk));
      expect(block.claims.runtime).toBe("ruby");
    }
  });

  test("from a page its author named, and up to a minute past its end", async () => {
    const claims = claimsOf({ origins: ["https://ann.example/blog/"], exp: now / 1000 });
    const token = await signBlock(claims, pair.privateJwk);
    await verify(token, { origin: "https://ann.example", now: now + 59_000 });
  });

  test("without an audience, by any server that has the key", async () => {
    await verify(await signBlock(claimsOf({ aud: undefined }), pair.privateJwk));
  });
});

describe("a block is refused", () => {
  const withClaims = async (changes: Partial<BlockClaims>, options = {}) =>
    refusal(verify(await signBlock(claimsOf(changes), pair.privateJwk), options));

  test("when its project has no such key, though another project has it", async () => {
    expect(await withClaims({ iss: "eve/blog" })).toBe("key_unknown");
  });

  test("when its key was revoked", async () => {
    const key = { jwk: pair.publicJwk, revokedAt: "2026-11-21T00:00:00Z" };
    expect(await withClaims({}, { key })).toBe("key_revoked");
  });

  test("when its author took it back, though no other project can do that for them", async () => {
    expect(await withClaims({ jti: "taken-back" })).toBe("block_revoked");
    expect(await withClaims({ jti: "taken-back", iss: "eve/blog" })).toBe("key_unknown");
  });

  test("a minute after its end, or when it was signed in the future", async () => {
    expect(await withClaims({ exp: now / 1000 - 61 })).toBe("block_expired");
    expect(await withClaims({ iat: now / 1000 + 61 })).toBe("block_not_yet_valid");
    expect(await withClaims({ exp: -1e300 })).toBe("block_expired");
  });

  test("when it is for another server", async () => {
    expect(await withClaims({ aud: "https://other.example" })).toBe("audience_wrong");
  });

  test("from a page its author did not name, from none, and from an opaque one", async () => {
    const origins = ["https://ann.example"];
    expect(await withClaims({ origins }, { origin: "https://eve.example" })).toBe("origin_refused");
    expect(await withClaims({ origins }, { origin: "https://ann.example.eve.example" })).toBe(
      "origin_refused",
    );
    expect(await withClaims({ origins })).toBe("origin_refused");
    expect(await withClaims({ origins }, { origin: "null" })).toBe("origin_refused");
  });

  test("when readers may edit it and it may use the network", async () => {
    expect(await withClaims({ edit: true, limits: { network: true } })).toBe(
      "network_edit_refused",
    );
  });

  test("when a single character of its payload or signature was changed", async () => {
    const token = await signBlock(claimsOf(), pair.privateJwk);
    const [header, payload, signature] = token.split(".") as [string, string, string];
    const forged = part({ ...claimsOf(), cache_s: 1 });
    expect(await refusal(verify(`${header}.${forged}.${signature}`))).toBe("signature_invalid");
    const flipped = (signature[0] === "A" ? "B" : "A") + signature.slice(1);
    expect(await refusal(verify(`${header}.${payload}.${flipped}`))).toBe("signature_invalid");
  });

  test.each(["EdDSA", "ES256"] as const)(
    "when any part of an %s token is spelled in another way than sign does",
    async (alg) => {
      const signer = alg === "EdDSA" ? pair : curve;
      const token = await signBlock(claimsOf(), signer.privateJwk);
      const parts = token.split(".");
      const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      const spare = (part: string) => {
        const bits = part.length % 4 === 2 ? 4 : part.length % 4 === 3 ? 2 : 0;
        const last = letters.indexOf(part.at(-1)!);
        return Array.from({ length: 2 ** bits - 1 }, (_, index) => {
          return part.slice(0, -1) + letters[last ^ (index + 1)];
        });
      };
      const others = parts.flatMap((part, index) =>
        [
          ...[
            `${part}=`,
            `${part}==`,
            ` ${part}`,
            `${part} `,
            `${part}\n`,
            `${part}\r\n`,
            `${part}\0`,
          ],
          ...[`${part.slice(0, 9)} ${part.slice(9)}`, `${part.slice(0, 9)}\t\n${part.slice(9)}`],
          ...[`${part.slice(0, 9)}=${part.slice(9)}`, `${part.slice(0, 9)}*${part.slice(9)}`],
          ...[part.replaceAll("-", "+").replaceAll("_", "/"), `${part}A`, `${part}\u00e9`],
          ...spare(part),
        ]
          .filter((other) => other !== part)
          .map((other) => parts.with(index, other).join(".")),
      );
      expect(others.length).toBeGreaterThan(50);
      await verify(token);
      for (const other of others) {
        // What decodes to something else is not what was signed; all else is one token's other spelling.
        const decoded = (text: string) =>
          text.split(".").map((one) => Buffer.from(one, "base64url"));
        const same = decoded(other).every((part, index) => part.equals(decoded(token)[index]!));
        const code = await refusal(verify(other));
        const codes = same ? ["token_malformed"] : ["token_malformed", "signature_invalid"];
        expect(codes, JSON.stringify(other)).toContain(code);
      }
    },
  );

  test("when its type is another token's", async () => {
    const token = await new CompactSign(bytes(claimsOf()))
      .setProtectedHeader({ alg: "EdDSA", kid: pair.kid, typ: "JWT" })
      .sign(await importPrivate());
    expect(await refusal(verify(token))).toBe("token_type_wrong");
  });

  test("when it is unsigned, or signed by HMAC with the public key as the secret", async () => {
    const header = { kid: pair.kid, typ: "deferred-block+jwt" };
    const unsigned = `${part({ ...header, alg: "none" })}.${part(claimsOf())}.`;
    expect(await refusal(verify(unsigned))).toBe("token_algorithm_refused");
    const secret = Buffer.from(pair.publicJwk.x, "base64url");
    const hmac = await new SignJWT({ ...claimsOf() })
      .setProtectedHeader({ ...header, alg: "HS256" })
      .sign(secret);
    expect(await refusal(verify(hmac))).toBe("token_algorithm_refused");
  });

  test("when it names the algorithm of another kind of key", async () => {
    const token = await signBlock(claimsOf(), { ...curve.privateJwk, kid: pair.kid });
    expect(await refusal(verify(token))).toBe("token_algorithm_refused");
  });

  test("when it is no token at all, or too large a one", async () => {
    for (const text of ["", "x", "a.b.c", "....", `${part({})}.${part({})}.`, "é.é.é"]) {
      expect(["token_malformed", "token_type_wrong"]).toContain(await refusal(verify(text)));
    }
    const header = part({ alg: "EdDSA", kid: pair.kid, typ: "deferred-block+jwt" });
    expect(await refusal(verify(`${header}.W10.AA`))).toBe("token_claims_invalid");
    expect(await refusal(verify("a".repeat(16 * 1024 + 1)))).toBe("token_too_large");
  });

  test("when it asks to be shown as something that no page shows", async () => {
    const claims = part({ ...claimsOf(), show: "video" });
    const [header, , signature] = (await signBlock(claimsOf(), pair.privateJwk)).split(".");
    await expect(verify(`${header}.${claims}.${signature}`)).rejects.toMatchObject({
      code: "token_claims_invalid",
      detail: "show: it is none of text, table, html, svg, image, pdf",
    });
  });

  test("when a header asks for an extension nobody here understands", async () => {
    const header = { alg: "EdDSA", kid: pair.kid, typ: "deferred-block+jwt", crit: ["x"], x: 1 };
    const token = await new CompactSign(bytes(claimsOf()))
      .setProtectedHeader(header)
      .sign(await importPrivate(), { crit: { x: true } });
    expect(await refusal(verify(token))).toBe("token_malformed");
  });

  async function importPrivate() {
    const { importJWK } = await import("jose");
    return importJWK(pair.privateJwk, "EdDSA");
  }
});

describe("the code of a block", () => {
  const of = (source: string, changes: Partial<BlockClaims> = {}) => {
    try {
      return verifyCode(claimsOf(changes), source);
    } catch (error) {
      if (error instanceof ApiError) return error.code;
      throw error;
    }
  };

  test("is run in its canonical form, however the page indents it", () => {
    expect(of("\r\n    puts 6 * 7\r\n  ")).toEqual({
      code,
      digest: codeDigest(code),
      edited: false,
    });
  });

  test("is refused when a character changed, unless readers may edit it", () => {
    expect(of("puts 6 * 8")).toBe("code_mismatch");
    expect(of("puts 6 * 8", { edit: true })).toMatchObject({ edited: true, code: "puts 6 * 8\n" });
  });

  test("is refused when empty, over 256 KiB, or with a hidden control character", () => {
    expect(of(" \n")).toBe("code_empty");
    expect(of("a".repeat(256 * 1024 + 1))).toBe("code_too_large");
    expect(of("puts '\u202e'")).toBe("code_unacceptable");
  });
});
