import { ApiError } from "../../../../protocol/deferred-error.ts";
import { ERRORS } from "../../../../protocol/errors.ts";
import { mistakesOf } from "../../form/mistakes.ts";

/**
 * The same as `mistakesOf` for the checks of a block, which refuse its signature or its code with 403. The sender's own
 * right was checked before.
 */
export function mistakesOfBlock(
  error: unknown,
  fields: Readonly<Record<string, string>> = {},
): ReturnType<typeof mistakesOf> {
  if (!(error instanceof ApiError) || error.status !== 403) return mistakesOf(error, fields);
  const { code, detail } = error;
  const words = detail === undefined ? ERRORS[code][1] : `${ERRORS[code][1]} ${detail}`;
  return { mistakes: { [fields[code] ?? ""]: words }, status: 422 };
}
