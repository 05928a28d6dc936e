import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ApiError, DeferredError } from "../../../protocol/deferred-error.ts";
import { ERRORS } from "../../../protocol/errors.ts";

/** Sentences about mistakes by the name of their field; `""`: about the whole form. */
export type Mistakes = Readonly<Record<string, string>>;

/** The values that a form shows: at first the stored ones, after a mistake the typed ones. */
export interface FormState {
  /** Undefined before the form was sent. */
  typed: URLSearchParams | undefined;
  mistakes: Mistakes;
}

export const UNTOUCHED: FormState = { typed: undefined, mistakes: {} };

/** The form can't be accepted as it was sent. */
export class FormError extends DeferredError<"body_invalid"> {
  override readonly name = "FormError";
  override readonly status = 422;
  readonly mistakes: Mistakes;
  constructor(mistakes: Mistakes) {
    super("body_invalid", Object.values(mistakes).join(" "));
    this.mistakes = mistakes;
  }
}

/**
 * The mistakes that an error names, and the status to answer with; undefined where the sender of the form can't mend
 * it. `fields` maps error codes, or the field names of `body_invalid` details, to fields of the form.
 */
export function mistakesOf(
  error: unknown,
  fields: Readonly<Record<string, string>> = {},
): { mistakes: Mistakes; status: ContentfulStatusCode } | undefined {
  if (error instanceof FormError) return { mistakes: error.mistakes, status: 422 };
  if (!(error instanceof ApiError) || [401, 403, 404].includes(error.status)) return undefined;
  const { code, detail } = error;
  if (code === "body_invalid" && detail !== undefined) {
    const [, name, sentence] = /^([\w.]+): (.+)$/s.exec(detail) ?? [];
    const field = name === undefined ? undefined : (fields[name] ?? fields[name.split(".")[0]!]);
    if (field !== undefined) return { mistakes: { [field]: asSentence(sentence!) }, status: 422 };
    return { mistakes: { "": asSentence(detail) }, status: 422 };
  }
  const [status, title] = ERRORS[code];
  if (status >= 500 && code !== "queue_full") return undefined;
  const waits = status === 429 || status === 503;
  const words = detail === undefined ? title : asSentence(detail);
  return { mistakes: { [fields[code] ?? ""]: words }, status: waits ? status : 422 };
}

function asSentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.…!?)]$/.test(whole) ? whole : `${whole}.`;
}
