import { describe } from "../http/openapi/describe.ts";
import { Hono } from "hono";
import { RuntimesAnswerSchema, type RuntimesAnswer } from "../../protocol/responder.ts";
import type { FoundRuntime } from "../../protocol/runtimes.ts";
import type { Queries } from "../database/database.ts";
import { runtimesOf } from "./machines.ts";

/** Most machines whose reports are read, the newest first. */
const MAX_MACHINES = 20;

/** `GET /v1/runtimes`: what the machines of a pool reported when they last registered. */
export function runtimeRoutes(queries: Queries, pool: string) {
  const app = new Hono();
  app.get("/v1/runtimes", docs, async (c) => {
    const machines = await queries
      .selectFrom("machines")
      .selectAll()
      .where("pool", "=", pool)
      .where("registered_at", "is not", null)
      .orderBy("registered_at", "desc")
      .limit(MAX_MACHINES)
      .execute();
    const found = new Map<string, FoundRuntime>();
    for (const one of machines.flatMap(runtimesOf)) found.set(`${one.name}@${one.version}`, one);
    const runtimes = [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
    return c.json({ runtimes } satisfies RuntimesAnswer);
  });
  return app;
}

const docs = describe({
  tag: "Server",
  summary: "Runtimes that the machines of blocks have",
  description:
    "As they were found when a machine last registered; none before the first machine has. Another version may be had where the next machine has it.",
  answers: { 200: ["Names and versions.", RuntimesAnswerSchema] },
});
