import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { paths } from "../../protocol/paths.ts";
import { PublicJwkSchema } from "../../protocol/requests.ts";
import type { Result } from "../../protocol/run.ts";
import { outputDigest } from "../../blocks/output-digest.ts";
import { verifyReceipt, type Receipt } from "../../blocks/receipt.ts";
import { call } from "../api/call.ts";
import { CliError } from "../errors/cli-error.ts";
import type { Check, Verification } from "./finding.ts";

const Named = v.object({ kid: v.string(), alg: v.string() });
const JwksSchema = v.object({
  keys: v.array(
    v.pipe(
      v.looseObject({}),
      v.transform((jwk) => {
        const { kty, crv, x, y } = jwk as Record<string, unknown>;
        const part = kty === "EC" ? { kty, crv, x, y } : { kty, crv, x };
        return { ...v.parse(PublicJwkSchema, part), ...v.parse(Named, jwk) };
      }),
    ),
  ),
});

/** Whether a result is what its server recorded: the receipt's signature, then every field it covers. */
export async function verifyResult(
  result: Result,
  jwksFile: string | undefined,
): Promise<Verification> {
  const issuer = claimedIssuer(result.receipt);
  const facts: Verification["facts"] = [
    ["run", result.id],
    ["server", issuer ?? "not named"],
    ["state", `${result.state}, attempt ${result.attempt}, ${result.runtime}`],
    ["ended", result.times.ended],
  ];
  const jwks = jwksFile === undefined ? await fetchKeys(issuer) : await readKeys(jwksFile);
  const receipt = await verifyReceipt(result.receipt, jwks).catch((error: unknown) => error);
  if (receipt instanceof Error) {
    const says = `no key of ${jwksFile ?? issuer} made it`;
    return { facts, checks: [{ name: "receipt", holds: false, says }] };
  }
  return { facts, checks: compare(result, receipt as Receipt) };
}

function compare(result: Result, receipt: Receipt): Check[] {
  const check = (name: string, holds: boolean, says: string): Check => ({
    name,
    holds,
    says: holds ? says : `not what the receipt says`,
  });
  return [
    { name: "receipt", holds: true, says: `signed by ${receipt.iss}` },
    check("run", receipt.run === result.id, "this run"),
    check(
      "ending",
      receipt.state === result.state && receipt.exit_code === result.exit_code,
      `${receipt.state}, exit status ${receipt.exit_code ?? "none"}`,
    ),
    check("output", receipt.output === outputDigest(result), "as recorded"),
    { name: "code", holds: true, says: `${receipt.code} ran` },
    ...(receipt.commits
      ? [check("commits", sameNames(receipt.commits, result.command?.commits), "these")]
      : []),
  ];
}

function sameNames(a: readonly string[], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

/** The receipt's `iss`, before anything of it is verified: where the keys are asked for. */
function claimedIssuer(receipt: string): string | undefined {
  try {
    const payload: unknown = JSON.parse(
      Buffer.from(receipt.split(".")[1] ?? "", "base64url").toString("utf8"),
    );
    return v.parse(v.object({ iss: v.string() }), payload).iss;
  } catch {
    return undefined;
  }
}

async function fetchKeys(issuer: string | undefined) {
  if (issuer === undefined || !/^https?:\/\//.test(issuer) || !URL.canParse(issuer)) {
    throw new CliError("the receipt names no server whose keys could be asked for", {
      hint: "add --jwks FILE with the server's keys",
    });
  }
  return call(issuer.replace(/\/+$/, "") + paths.jwks, JwksSchema);
}

async function readKeys(file: string) {
  return readFile(file, "utf8")
    .then((content) => v.parse(JwksSchema, JSON.parse(content)))
    .catch((cause: unknown) => {
      throw new CliError(`${file} holds no JWK set`, { cause });
    });
}
