import type { LoggerOptions } from "pino";
import { requestFacts } from "./request-facts.ts";
import { errorFacts } from "./error-facts.ts";
import { withoutSecrets } from "./secrets.ts";

/**
 * How the server logs: each line of a request's carries the request's id, and whose run and machine it is
 * about; no line carries a secret.
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
