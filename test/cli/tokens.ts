import { codeDigest } from "../../blocks/digest.ts";

/** A block's token for that canonical code; nobody checks its signature here. */
export function tokenOf(code: string): string {
  const claims = {
    iss: "local/demo",
    iat: 1,
    jti: "00000000-0000-4000-8000-000000000000",
    code: codeDigest(code),
    runtime: "ruby",
  };
  const header = { alg: "EdDSA", typ: "deferred-block+jwt", kid: "k".repeat(43) };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part(claims)}.${"A".repeat(86)}`;
}
