import { EC2ServiceException } from "@aws-sdk/client-ec2";
import { DeferredError } from "../../../../../protocol/deferred-error.ts";

/** IAM actions that a bake needs beyond the server's own. */
export const BAKE_ACTIONS = [
  "RunInstances",
  "CreateTags",
  "DescribeInstances",
  "DescribeInstanceTypes",
  "DescribeImages",
  "GetConsoleOutput",
  "CreateImage",
  "TerminateInstances",
].map((action) => `ec2:${action}`);

/** No image was made. The message says why and what to do. */
export class BakeError extends DeferredError {
  override readonly name = "BakeError";
  readonly hint: string;
  /** The last lines of the machine's console, where they say why. */
  readonly lines: readonly string[];

  constructor(message: string, hint: string, lines: readonly string[] = []) {
    super("bake_failed", message);
    this.hint = hint;
    this.lines = lines;
  }
}

/** Turns a failed call of EC2 into an error for a person; returns other errors unchanged. */
export function asBakeError(error: unknown): unknown {
  if (error instanceof EC2ServiceException) {
    const isDenied = ["UnauthorizedOperation", "AuthFailure", "AccessDenied"].includes(error.name);
    const hint = isDenied
      ? `use credentials that may do ${BAKE_ACTIONS.join(", ")}`
      : "correct what it names, and try again";
    return new BakeError(`EC2 refused: ${error.message} (${error.name})`, hint);
  }
  if (error instanceof Error && error.name === "CredentialsProviderError") {
    return new BakeError(
      "there are no credentials for AWS",
      "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    );
  }
  return error;
}
