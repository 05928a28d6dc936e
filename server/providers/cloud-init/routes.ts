import { Readable } from "node:stream";
import { Hono } from "hono";
import { ApiError } from "../../../protocol/deferred-error.ts";
import type { MachineFiles } from "./files.ts";

/** Downloads for the set-up of a machine. They are public: every launch gets the same files, and none is secret. */
export function machineRoutes(files: MachineFiles, otherNodeVariable: string) {
  const app = new Hono();

  app.get("/v1/machine/manifest", async (c) => {
    const arch = c.req.query("arch") ?? "";
    const manifest = await files.manifest(arch);
    if (manifest) return c.json({ files: manifest }, 200, { "cache-control": "no-cache" });
    throw new ApiError(
      "file_not_found",
      `This server has no Node for the machine's architecture: ${otherNodeVariable} names one.`,
    );
  });

  app.get("/v1/machine/files/:sha256/:name", async (c) => {
    const file = await files.open(c.req.param("sha256"), c.req.param("name"));
    if (!file) throw new ApiError("file_not_found");
    const headers = {
      "content-type": "application/octet-stream",
      "content-length": String(file.size),
      "cache-control": "public, max-age=31536000, immutable",
      "x-content-type-options": "nosniff",
    };
    // HEAD: sending the file would leave it open.
    if (c.req.method === "HEAD") return c.body(null, 200, headers);
    return c.body(Readable.toWeb(file.read()) as ReadableStream, 200, headers);
  });

  return app;
}
