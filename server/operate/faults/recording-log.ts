import type { Logger } from "pino";
import { withoutSecrets } from "../../logs/secrets.ts";
import { requestFacts } from "../../logs/request-facts.ts";

type Context = Record<string, string | number | boolean>;

/**
 * Wraps the log so that every logged error with an exception is also passed to `record`, wherever it is logged.
 */
export function recordingLog(
  log: Logger,
  record: (what: string, error: unknown, context: Context) => void,
): Logger {
  const own = log.child({});
  const write: (...line: unknown[]) => void = own.error.bind(own);
  own.error = (...line: unknown[]) => {
    const [facts, message] = line;
    if (typeof facts === "object" && facts !== null && "err" in facts) {
      const { err, ...context } = { ...requestFacts(), ...facts };
      record(typeof message === "string" ? message : "", err, plain(context));
    }
    write(...line);
  };
  return own;
}

function plain(context: object): Context {
  const entries = Object.entries(context as Record<string, unknown>);
  return Object.fromEntries(
    entries
      .filter((entry): entry is [string, Context[string]] =>
        ["string", "number", "boolean"].includes(typeof entry[1]),
      )
      .map(([name, value]) => [name, typeof value === "string" ? withoutSecrets(value) : value]),
  );
}
