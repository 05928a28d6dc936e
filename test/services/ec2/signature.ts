import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { Ec2Error } from "./error.ts";

export interface SignedRequest {
  method: string;
  /** Path and query. */
  target: string;
  headers: Record<string, string | undefined>;
  body: string;
}

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
}

const REFUSED = "AWS was not able to validate the provided access credentials";
const MAX_AGE_MS = 5 * 60_000;

/** Checks AWS Signature Version 4 in the headers of a request to `service`. Throws `Ec2Error`. */
export function verifySignature(
  request: SignedRequest,
  keys: Keys,
  now: number,
  service = "ec2",
): void {
  const authorization = request.headers["authorization"];
  if (authorization === undefined) {
    throw new Ec2Error("MissingAuthenticationToken", "The request has no authentication token");
  }
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([a-z0-9]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  if (!match) throw new Ec2Error("AuthFailure", REFUSED);
  const [, accessKeyId, day, region, named, signedHeaders, signature] =
    match as unknown as string[];
  if (named !== service) throw new Ec2Error("AuthFailure", REFUSED);
  const time = request.headers["x-amz-date"] ?? "";
  const at = Date.parse(
    time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
  );
  if (Number.isNaN(at) || !time.startsWith(day!)) throw new Ec2Error("AuthFailure", REFUSED);
  if (Math.abs(now - at) > MAX_AGE_MS) throw new Ec2Error("RequestExpired", "Request has expired.");

  const names = signedHeaders!.split(";");
  const [path, query = ""] = request.target.split("?");
  const canonical = [
    request.method,
    path,
    query.split("&").toSorted().join("&"),
    ...names.map((name) => `${name}:${(request.headers[name] ?? "").trim().replace(/ +/g, " ")}`),
    "",
    signedHeaders,
    createHash("sha256").update(request.body).digest("hex"),
  ].join("\n");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const digest = createHash("sha256").update(canonical).digest("hex");
  const toSign = ["AWS4-HMAC-SHA256", time, scope, digest].join("\n");
  const key = [day!, region!, service, "aws4_request"].reduce<string | Buffer>(
    (secret, part) => createHmac("sha256", secret).update(part).digest(),
    `AWS4${keys.secretAccessKey}`,
  );
  const expected = createHmac("sha256", key).update(toSign).digest();
  const isGiven = timingSafeEqual(expected, Buffer.from(signature!, "hex"));
  const covered = ["host", "x-amz-date"].every((name) => names.includes(name));
  if (accessKeyId !== keys.accessKeyId || !isGiven || !covered) {
    throw new Ec2Error("AuthFailure", REFUSED);
  }
}
