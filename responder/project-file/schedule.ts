import { Cron } from "croner";
import { readCommands } from "./commands.ts";
import type { YamlNode } from "./yaml-node.ts";

/** As many as the server takes. */
const MAX_SCHEDULES = 20;
const CRON_CHARACTERS = 200;
const FIELDS = ["minute", "hour", "day", "month", "weekday"] as const;

export function readSchedule(place: YamlNode) {
  return place.list("a list of cron lines", MAX_SCHEDULES).flatMap((entry) => {
    const fields = entry.isMap
      ? entry.fields(["cron", "commands"], "cron, and commands where others are to run")
      : { cron: entry };
    const cron = fields.cron?.text?.trim() ?? "";
    const commands = fields.commands && readCommands(fields.commands);
    const wrong = whatIsWrongWith(cron);
    if (wrong === undefined) return [{ cron, commands }];
    (fields.cron ?? entry).wrong(
      `${wrong}; write five fields in UTC: minute, hour, day, month, weekday`,
    );
    return [];
  });
}

function whatIsWrongWith(cron: string): string | undefined {
  if (cron === "") return "it has no cron line";
  if (cron.length > CRON_CHARACTERS) return `it is over ${CRON_CHARACTERS} characters`;
  if (cron.startsWith("@")) return "words are not taken";
  const fields = cron.split(/\s+/);
  if (fields.length !== FIELDS.length) {
    return fields.length === 1 ? "it has one field" : `it has ${fields.length} fields`;
  }
  for (const [index, field] of fields.entries()) {
    const alone = FIELDS.map((_, other) => (other === index ? field : "*")).join(" ");
    if (parseCron(alone) === undefined) return `${JSON.stringify(field)} is no ${FIELDS[index]}`;
  }
  const job = parseCron(cron);
  if (job === undefined) return "its fields do not fit together";
  return job.nextRun() === null ? "this time never comes" : undefined;
}

function parseCron(pattern: string): Cron | undefined {
  try {
    return new Cron(pattern, { mode: "5-part", paused: true, timezone: "UTC" });
  } catch {
    return undefined;
  }
}
