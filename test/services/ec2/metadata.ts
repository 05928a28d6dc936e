import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Metadata {
  url: string;
  /** Says something from now on at a path below `/latest/`. */
  say(path: string, text: string): void;
  close(): Promise<void>;
}

/** The metadata service of one instance, version 2 alone: every read needs a token. */
export async function startMetadata(
  said: Record<string, string | Buffer | (() => string | Buffer)>,
): Promise<Metadata> {
  const paths = new Map(Object.entries(said));
  const tokens = new Set<string>();
  const server = createServer((request, response) => {
    const answer = (status: number, body: string | Buffer = "", headers = {}) =>
      response.writeHead(status, { "content-type": "text/plain", ...headers }).end(body);
    const path = (request.url ?? "").replace(/^\/latest\//, "").replace(/\/$/, "");
    if (path === "api/token") {
      const ttl = String(request.headers["x-aws-ec2-metadata-token-ttl-seconds"] ?? "");
      if (request.method !== "PUT") return answer(405);
      if (!/^\d+$/.test(ttl) || Number(ttl) < 1 || Number(ttl) > 21_600) return answer(400);
      const token = randomBytes(24).toString("base64url");
      tokens.add(token);
      return answer(200, token, { "x-aws-ec2-metadata-token-ttl-seconds": ttl });
    }
    if (!tokens.has(String(request.headers["x-aws-ec2-metadata-token"]))) return answer(401);
    const found = paths.get(path);
    if (found === undefined) return answer(404);
    return answer(200, typeof found === "function" ? found() : found);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    say: (path, text) => void paths.set(path, text),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
