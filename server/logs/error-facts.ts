import { withoutSecrets } from "./secrets.ts";

/** The properties of an error that are logged. */
export interface ErrorFacts {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: ErrorFacts;
}

const DEEPEST = 5;

/**
 * An error's name, message, code and causes, and no other property, since clients attach whole requests with all
 * headers to their errors.
 */
export function errorFacts(error: unknown, depth = 0): ErrorFacts {
  if (!(error instanceof Error))
    return { type: typeof error, message: withoutSecrets(String(error)) };
  const { code } = error as NodeJS.ErrnoException;
  const facts: ErrorFacts = { type: error.name, message: withoutSecrets(error.message) };
  if (typeof code === "string") facts.code = code;
  if (error.stack) facts.stack = withoutSecrets(error.stack);
  if (error.cause !== undefined && depth < DEEPEST)
    facts.cause = errorFacts(error.cause, depth + 1);
  return facts;
}
