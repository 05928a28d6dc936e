/** A failed call to AWS, with the permission it needs and AWS's error code. */
export class AwsCallError extends Error {
  override readonly name = "AwsCallError";
  /** As IAM names it, such as `s3:PutBucketCORS`. */
  readonly action: string;
  /** AWS's code, such as `AccessDenied`, or the network's error code if AWS was not reached. */
  readonly code: string;
  readonly status: number | undefined;

  constructor(action: string, cause: unknown) {
    const { name, message, status } = factsOf(cause);
    super(message, { cause });
    this.action = action;
    this.code = name;
    this.status = status;
  }
}

/** Whether `error` is a failed call with one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): error is AwsCallError {
  return error instanceof AwsCallError && codes.includes(error.code);
}

function factsOf(cause: unknown): { name: string; message: string; status: number | undefined } {
  if (!(cause instanceof Error))
    return { name: "Unknown", message: String(cause), status: undefined };
  const facts = cause as Error & {
    code?: unknown;
    Code?: unknown;
    errors?: unknown[];
    $metadata?: { httpStatusCode?: number };
  };
  // An AggregateError of several addresses: the first error represents all.
  const inner = facts.errors?.[0];
  if (facts.message === "" && inner !== undefined) return factsOf(inner);
  const code = [facts.name, facts.Code, facts.code].find(
    (one) =>
      typeof one === "string" && !/^(Error|AggregateError|Unknown|UnknownError|\d+)$/.test(one),
  );
  const status = facts.$metadata?.httpStatusCode;
  return {
    name: typeof code === "string" ? code : `Status${status ?? ""}`,
    message: facts.message,
    status,
  };
}
