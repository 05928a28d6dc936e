import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";
const ACCOUNT = "123456789012";

/** One bucket with its objects, and what strangers may do with them. */
export async function startS3Objects(bucket: string, { accessKeyId = "AKIDEXAMPLE" } = {}) {
  const objects = new Map<string, { body: Buffer; type: string }>();
  const state = {
    owner: ACCOUNT,
    isThere: true,
    /** Keys that are read without a signature. */
    open: /^results\//,
    isListed: false,
    hasCors: true,
    /** Days of each rule that removes files; undefined where these credentials may not ask. */
    expiry: [31, 31] as number[] | undefined,
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const [code, status] = error instanceof S3Error ? [error.code, error.status] : ["Bug", 500];
      response.writeHead(status, { "content-type": "application/xml" });
      response.end(request.method === "HEAD" ? "" : `<Error><Code>${code}</Code></Error>`);
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://s3");
    const [name, ...rest] = pathname.slice(1).split("/").map(decodeURIComponent);
    const key = rest.join("/");
    const body = await buffer(request);
    const { authorization, origin } = request.headers;
    if (authorization !== undefined && !authorization.includes(`Credential=${accessKeyId}/`)) {
      throw new S3Error("InvalidAccessKeyId", 403);
    }
    if (name !== bucket || !state.isThere) throw new S3Error("NoSuchBucket", 404);
    const expected = request.headers["x-amz-expected-bucket-owner"] ?? state.owner;
    if (authorization === undefined ? !mayRead(request, key) : expected !== state.owner) {
      throw new S3Error("AccessDenied", 403);
    }
    if (searchParams.has("lifecycle")) return lifecycle(response);
    if (key === "") {
      response.end(`<ListBucketResult xmlns="${NAMESPACE}"></ListBucketResult>`);
    } else if (request.method === "PUT") {
      objects.set(key, { body, type: request.headers["content-type"] ?? "" });
      response.end();
    } else if (request.method === "DELETE") {
      objects.delete(key);
      response.writeHead(204).end();
    } else {
      const found = objects.get(key);
      if (!found) throw new S3Error("NoSuchKey", 404);
      const cors = state.hasCors && origin ? { "access-control-allow-origin": "*" } : {};
      response.writeHead(200, { "content-type": found.type, ...cors }).end(found.body);
    }
  }

  const mayRead = ({ method }: IncomingMessage, key: string) =>
    method === "GET" && (key === "" ? state.isListed : state.open.test(key));

  function lifecycle(response: ServerResponse): void {
    if (state.expiry === undefined) throw new S3Error("AccessDenied", 403);
    if (state.expiry.length === 0) throw new S3Error("NoSuchLifecycleConfiguration", 404);
    const rules = state.expiry.map(
      (days) =>
        `<Rule><ID>r</ID><Filter><Prefix>x/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>${days}</Days></Expiration></Rule>`,
    );
    response.end(
      `<LifecycleConfiguration xmlns="${NAMESPACE}">${rules.join("")}</LifecycleConfiguration>`,
    );
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    env: {
      AWS_ENDPOINT_URL_S3: url,
      DEFERRED_S3_PATH_STYLE: "1",
      DEFERRED_S3_BUCKET: bucket,
      DEFERRED_RESULTS_URL: `${url}/${bucket}`,
    },
    objects,
    state,
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class S3Error extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, status: number) {
    super(code);
    this.code = code;
    this.status = status;
  }
}
