import type { LoggerOptions } from "pino";
import { requestFacts } from "./request-facts.ts";
import { errorFacts } from "./error-facts.ts";
import { withoutSecrets } from "./secrets.ts";

/**
 * Options of the server's log. A line that is written during a request carries the request's id, run and machine;
 * no line carries a secret.
 */
export function logOptions(level: string): LoggerOptions {
  return {
    level,
    mixin: () => ({ ...requestFacts() }),
    serializers: { err: errorFacts },
    formatters: {
      log: (line) =>
        Object.fromEntries(
          Object.entries(line).map(([name, value]) => [
            name,
            typeof value === "string" ? withoutSecrets(value) : value,
          ]),
        ),
    },
  };
}
