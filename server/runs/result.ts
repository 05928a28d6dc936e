import { fromJson } from "../database/json.ts";
import type { StreamName } from "../../protocol/events.ts";
import type { Result } from "../../protocol/run.ts";
import { outputDigest } from "../../blocks/output-digest.ts";
import type { Receipt } from "../../blocks/receipt.ts";
import type { Queries } from "../database/database.ts";
import { prepared } from "../database/prepared.ts";
import { commandFacts } from "./command-facts.ts";
import { joinOutput } from "./join-output.ts";
import type { RunRow } from "./record.ts";

/** The result of a run that ended, from its record alone. `url` is the server's own. */
export async function buildResult(
  queries: Queries,
  url: string,
  row: RunRow,
  sign: (receipt: Omit<Receipt, "iss">) => Promise<string>,
): Promise<Result> {
  const ending = fromJson(row.ending!);
  const output = await outputOf(queries, row);
  const command = row.kind === "command" ? await commandFacts(queries, url, row) : undefined;
  const receipt = await sign({
    run: row.id,
    block: row.block_digest,
    code: row.code_digest,
    inputs: row.inputs_digest,
    ...(command && { commits: command.commits }),
    output: outputDigest(output),
    state: ending.state,
    exit_code: ending.exit_code,
    iat: Math.floor(row.ended_at! / 1000),
  });
  const facts = { ...output, runtime: row.runtime, ...(command && { command }) };
  return { id: row.id, ...ending, ...facts, receipt };
}

const eventsOfAttempt = prepared((queries, of: { run: string; attempt: number }) =>
  queries
    .selectFrom("events")
    .select("body")
    .where("run", "=", of.run)
    .where("attempt", "=", of.attempt)
    .orderBy("id"),
);

/** The last attempt's output; the output of earlier attempts is void. */
async function outputOf(queries: Queries, row: RunRow): Promise<Record<StreamName, string>> {
  const events = await eventsOfAttempt(queries, { run: row.id, attempt: row.attempt });
  return joinOutput(events.values().map(({ body }) => fromJson(body)));
}
