import * as v from "valibot";
import { algorithmOf, isUsable, publicPart, thumbprintSync } from "../../blocks/keys.ts";
import { PublicJwkSchema, type PublicJwk } from "../../protocol/requests.ts";
import { parseJson } from "../api/call.ts";
import { CliError } from "../errors/cli-error.ts";

/** Members of a JWK that only a private or symmetric key has (RFC 7518). */
const SECRET_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] as const;

/** The public key in a text; `name` says where the text is from. Throws `CliError`, which never shows a private key. */
export async function parsePublicKey(
  text: string,
  name: string,
): Promise<{ jwk: PublicJwk; kid: string; notes: string[] }> {
  const parsed = parseJson(text);
  const given = v.safeParse(v.record(v.string(), v.unknown()), parsed);
  if (/-----BEGIN .*PRIVATE KEY/.test(text)) throw privateKeyError(name);
  if (!given.success || Array.isArray(parsed)) {
    throw new CliError(`${name} is not a public JWK`, {
      hint: 'write one as JSON: {"kty":"OKP","crv":"Ed25519","x":"…"}',
    });
  }
  const members = given.output;
  const isSecret = (jwk: object) => SECRET_MEMBERS.some((member) => member in jwk);
  const inSet = v.safeParse(v.array(v.looseObject({})), members["keys"]);
  if (isSecret(members) || (inSet.success && inSet.output.some(isSecret))) {
    throw privateKeyError(name);
  }
  if ("keys" in members) {
    throw new CliError(`${name} is a JWK set: add its keys one by one`);
  }
  const { kty, crv, x, y } = members;
  const part = v.safeParse(PublicJwkSchema, kty === "EC" ? { kty, crv, x, y } : { kty, crv, x });
  if (!part.success || !(await isUsable(part.output))) {
    throw new CliError(`${name} is no Ed25519 and no P-256 public key`, {
      hint: "blocks are signed with EdDSA or ES256",
    });
  }
  const jwk = publicPart(part.output);
  checkUse(members, algorithmOf(jwk), name);
  const kid = thumbprintSync(jwk);
  const named = members["kid"];
  const other = named !== undefined && named !== kid;
  return {
    jwk,
    kid,
    notes: other ? [`blocks name the key ${kid}, not ${JSON.stringify(named)}`] : [],
  };
}

function privateKeyError(name: string): CliError {
  return new CliError(`${name} holds a private key: it was not sent`, {
    hint: "give its public part, for example: jq 'del(.d)' KEY.json | deferred keys add -",
  });
}

/** Refuses a key that says that it is not for such signatures. */
function checkUse({ alg, use }: Record<string, unknown>, fits: string, name: string): void {
  // Newer JWKs name the curve's algorithm in place of EdDSA.
  const algorithms = fits === "EdDSA" ? [fits, "Ed25519"] : [fits];
  if (alg !== undefined && !algorithms.some((one) => one === alg)) {
    throw new CliError(
      `${name} says alg ${JSON.stringify(alg)}: a key of its kind signs with ${fits}`,
    );
  }
  if (use !== undefined && use !== "sig") {
    throw new CliError(`${name} says use ${JSON.stringify(use)}: it is no key that signs`);
  }
}
