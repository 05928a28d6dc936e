import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { crc32 } from "node:zlib";
import { isAllowed } from "./iam.ts";

/** A bucket and what is set on it, each as the XML or JSON that was sent. */
export interface Bucket {
  owner: string;
  region: string;
  settings: Map<Setting, string>;
  objects: Map<string, { body: Buffer; type: string }>;
}

/** What is set by `PUT /bucket?name`. */
type Setting =
  | "tagging"
  | "ownershipControls"
  | "publicAccessBlock"
  | "policy"
  | "encryption"
  | "lifecycle"
  | "cors";

/** The root of each body, what has to be in it, and the error where nothing was ever set. */
const SETTINGS: Record<Setting, { root: string; needs: RegExp; unset: string }> = {
  tagging: { root: "Tagging", needs: /<TagSet>/, unset: "NoSuchTagSet" },
  ownershipControls: {
    root: "OwnershipControls",
    needs: /<Rule><ObjectOwnership>(BucketOwnerEnforced|BucketOwnerPreferred|ObjectWriter)</,
    unset: "OwnershipControlsNotFoundError",
  },
  publicAccessBlock: {
    root: "PublicAccessBlockConfiguration",
    needs: /<BlockPublicPolicy>(true|false)</,
    unset: "NoSuchPublicAccessBlockConfiguration",
  },
  policy: { root: "", needs: /"Statement"/, unset: "NoSuchBucketPolicy" },
  encryption: {
    root: "ServerSideEncryptionConfiguration",
    needs: /<ApplyServerSideEncryptionByDefault><SSEAlgorithm>(AES256|aws:kms(:dsse)?)</,
    unset: "ServerSideEncryptionConfigurationNotFoundError",
  },
  lifecycle: {
    root: "LifecycleConfiguration",
    needs:
      /^<[^>]+>(?=.*<Rule>)((?!<Rule>).)*(<Rule>(?=((?!<\/Rule>).)*<Status>(Enabled|Disabled)<)(?=((?!<\/Rule>).)*<(Filter|Prefix)\b)((?!<Rule>).)*<\/Rule>)+<\/LifecycleConfiguration>$/s,
    unset: "NoSuchLifecycleConfiguration",
  },
  cors: {
    root: "CORSConfiguration",
    needs: /<CORSRule>(?=.*<AllowedMethod>(GET|HEAD|PUT|POST|DELETE)<)(?=.*<AllowedOrigin>)/s,
    unset: "NoSuchCORSConfiguration",
  },
};
const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";
const ACCOUNT = "123456789012";

class S3Error extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, status: number, message = code) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** The part of S3 that sets buckets up, and as much of objects as shows what those settings do. */
export async function startS3Admin(options: { accessKeyId?: string; aheadMs?: number } = {}) {
  const { accessKeyId = "AKIDEXAMPLE", aheadMs = 0 } = options;
  const buckets = new Map<string, Bucket>();
  const faults: {
    operation: string;
    code: string;
    status: number;
    message: string;
    times: number;
  }[] = [];
  /** Operations as they came, such as `PUT cors`. */
  const calls: string[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://s3");
    const [name = "", ...rest] = url.pathname.slice(1).split("/").map(decodeURIComponent);
    const key = rest.join("/");
    const setting = (Object.keys(SETTINGS) as Setting[]).find((one) => url.searchParams.has(one));
    const operation = `${request.method} ${setting ?? (key === "" ? "bucket" : "object")}`;
    calls.push(operation);
    const isSigned = request.headers.authorization !== undefined;
    const body = await buffer(request);
    if (isSigned) authenticate(request, accessKeyId);
    const fault = faults.find((one) => one.operation === operation && one.times > 0);
    if (fault) {
      fault.times--;
      if (fault.code === "held") return;
      throw new S3Error(fault.code, fault.status, fault.message);
    }
    const bucket = buckets.get(name);
    if (operation === "PUT bucket") return makeBucket(request, response, name, body);
    if (!bucket) throw new S3Error("NoSuchBucket", 404, "The specified bucket does not exist");
    const expected = request.headers["x-amz-expected-bucket-owner"];
    const isOwner = bucket.owner === ACCOUNT && (expected ?? bucket.owner) === bucket.owner;
    if (isSigned ? !isOwner : !mayAnybody(bucket, request.method ?? "", name, key)) {
      throw new S3Error("AccessDenied", 403, "Access Denied");
    }
    if (setting) return setUp(request, response, bucket, setting, body);
    if (key !== "") return object(request, response, bucket, key, body);
    if (request.method === "HEAD") return void response.writeHead(200).end();
    if (request.method === "DELETE") {
      if (bucket.objects.size > 0) throw new S3Error("BucketNotEmpty", 409);
      buckets.delete(name);
      return void response.writeHead(204).end();
    }
    return list(response, bucket, name, url.searchParams.has("versions"));
  }

  function makeBucket(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
    body: Buffer,
  ): void {
    const there = buckets.get(name);
    if (there) {
      const code = there.owner === ACCOUNT ? "BucketAlreadyOwnedByYou" : "BucketAlreadyExists";
      throw new S3Error(code, 409);
    }
    const region = regionOf(request);
    const named = /<LocationConstraint>([^<]+)</.exec(body.toString())?.[1] ?? "us-east-1";
    // An endpoint of one's own takes the region for granted.
    if (body.length > 0 && named !== region) {
      throw new S3Error("IllegalLocationConstraintException", 400);
    }
    buckets.set(name, { owner: ACCOUNT, region, settings: defaults(), objects: new Map() });
    response.writeHead(200, { location: `/${name}` }).end();
  }

  const server = createServer((request, response) => {
    response.setHeader("date", new Date(Date.now() + aheadMs).toUTCString());
    answer(request, response).catch((error: unknown) => {
      const { code, status, message } =
        error instanceof S3Error ? error : new S3Error("InternalError", 500, String(error));
      const headers = { "content-type": "application/xml" };
      response.writeHead(status, headers);
      if (request.method === "HEAD") return response.end();
      return response.end(
        `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
      );
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    env: { AWS_ENDPOINT_URL_S3: url, DEFERRED_S3_PATH_STYLE: "1" },
    buckets,
    calls,
    /** The next calls of an operation, such as `PUT cors`, meet an error. */
    fail(
      operation: string,
      code: string,
      status: number,
      { times = 1, message = code } = {},
    ): void {
      faults.push({ operation, code, status, message, times });
    },
    /** The next call of an operation is never answered. */
    hold: (operation: string) =>
      void faults.push({ operation, code: "held", status: 0, message: "", times: 1 }),
    /** A bucket that was there before. */
    give(name: string, { owner = ACCOUNT, files = [] as string[] } = {}): Bucket {
      const objects = files.map((file) => [file, { body: Buffer.from(file), type: "" }] as const);
      const settings = defaults();
      const bucket = { owner, region: "eu-west-1", settings, objects: new Map(objects) };
      buckets.set(name, bucket);
      return bucket;
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A bucket is made closed, encrypted and without access lists. */
function defaults(): Bucket["settings"] {
  const lock = [
    "BlockPublicAcls",
    "IgnorePublicAcls",
    "BlockPublicPolicy",
    "RestrictPublicBuckets",
  ];
  const xml = (setting: Setting, inner: string): [Setting, string] => {
    const { root } = SETTINGS[setting];
    return [setting, `<${root} xmlns="${NAMESPACE}">${inner}</${root}>`];
  };
  return new Map([
    xml("publicAccessBlock", lock.map((name) => `<${name}>true</${name}>`).join("")),
    xml("ownershipControls", "<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>"),
    xml(
      "encryption",
      "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>",
    ),
  ]);
}

function setUp(
  request: IncomingMessage,
  response: ServerResponse,
  bucket: Bucket,
  setting: Setting,
  body: Buffer,
): void {
  const { root, needs, unset } = SETTINGS[setting];
  if (request.method === "GET") {
    const found = bucket.settings.get(setting);
    if (found === undefined) throw new S3Error(unset, 404);
    const type = setting === "policy" ? "application/json" : "application/xml";
    response.writeHead(200, { "content-type": type }).end(found);
    return;
  }
  checkDigest(request, body);
  const sent = body.toString().replace(/^<\?xml[^>]*\?>\s*/, "");
  if (setting !== "policy" && !sent.startsWith(`<${root} xmlns="${NAMESPACE}"`)) {
    throw new S3Error("MalformedXML", 400);
  }
  if (!needs.test(sent))
    throw new S3Error(setting === "policy" ? "MalformedPolicy" : "MalformedXML", 400);
  const isLocked = has(bucket, "BlockPublicPolicy");
  if (setting === "policy" && isLocked && /"Effect":"Allow","Principal":"\*"/.test(sent)) {
    throw new S3Error(
      "AccessDenied",
      403,
      "User is not authorized to perform: s3:PutBucketPolicy because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
    );
  }
  bucket.settings.set(setting, sent);
  response.writeHead(setting === "policy" || setting === "tagging" ? 204 : 200).end();
}

/** S3 takes no setting without a digest of what was sent. */
function checkDigest(request: IncomingMessage, body: Buffer): void {
  const md5 = request.headers["content-md5"];
  const crc = request.headers["x-amz-checksum-crc32"];
  if (md5 === undefined && crc === undefined) {
    throw new S3Error(
      "InvalidRequest",
      400,
      "Missing required header for this request: Content-MD5",
    );
  }
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  const isRight =
    (md5 === undefined || md5 === createHash("md5").update(body).digest("base64")) &&
    (crc === undefined || crc === sum.toString("base64"));
  if (!isRight) throw new S3Error("BadDigest", 400);
}

function object(
  request: IncomingMessage,
  response: ServerResponse,
  bucket: Bucket,
  key: string,
  body: Buffer,
): void {
  if (request.method === "PUT") {
    bucket.objects.set(key, { body, type: request.headers["content-type"] ?? "" });
    response.writeHead(200, { etag: '"0"' }).end();
    return;
  }
  if (request.method === "DELETE") {
    bucket.objects.delete(key);
    response.writeHead(204).end();
    return;
  }
  const found = bucket.objects.get(key);
  if (!found) throw new S3Error("NoSuchKey", 404);
  const { origin } = request.headers;
  const cors = bucket.settings.get("cors") ?? "";
  const isOpen = origin !== undefined && /<AllowedOrigin>\*</.test(cors) && />GET</.test(cors);
  const headers = { "content-type": found.type };
  response.writeHead(200, {
    ...headers,
    ...(isOpen ? { "access-control-allow-origin": "*" } : {}),
  });
  response.end(found.body);
}

function list(response: ServerResponse, bucket: Bucket, name: string, versions: boolean): void {
  const root = versions ? "ListVersionsResult" : "ListBucketResult";
  const items = [...bucket.objects.keys()].map((key) =>
    versions
      ? `<Version><Key>${key}</Key><VersionId>null</VersionId><IsLatest>true</IsLatest></Version>`
      : `<Contents><Key>${key}</Key></Contents>`,
  );
  response.writeHead(200, { "content-type": "application/xml" });
  response.end(
    `<${root} xmlns="${NAMESPACE}"><Name>${name}</Name><IsTruncated>false</IsTruncated>${items.join("")}</${root}>`,
  );
}

/** What the bucket's policy lets everybody do, as if over https. */
function mayAnybody(bucket: Bucket, method: string, name: string, key: string): boolean {
  const policy = bucket.settings.get("policy");
  if (policy === undefined || has(bucket, "RestrictPublicBuckets")) return false;
  const resource = `arn:aws:s3:::${name}${key === "" ? "" : `/${key}`}`;
  const reads = method === "GET" || method === "HEAD";
  const action = key === "" ? "s3:ListBucket" : reads ? "s3:GetObject" : "s3:PutObject";
  const context = { "aws:SecureTransport": "true" };
  return isAllowed(JSON.parse(policy), { action, resource, context });
}

function has(bucket: Bucket, lock: string): boolean {
  return (bucket.settings.get("publicAccessBlock") ?? "").includes(`<${lock}>true<`);
}

function authenticate(request: IncomingMessage, accessKeyId: string): void {
  if (!request.headers.authorization?.includes(`Credential=${accessKeyId}/`)) {
    throw new S3Error("InvalidAccessKeyId", 403);
  }
}

function regionOf(request: IncomingMessage): string {
  return request.headers.authorization?.split("/")[2] ?? "";
}
