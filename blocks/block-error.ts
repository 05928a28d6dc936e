import type { ErrorCode } from "../protocol/errors.ts";

/** Why a block is refused: a code of the protocol's union and the facts of the case. */
export class BlockError extends Error {
  override readonly name = "BlockError";
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    super(detail === undefined ? code : `${code}: ${detail}`, options);
    this.code = code;
    this.detail = detail;
  }
}
