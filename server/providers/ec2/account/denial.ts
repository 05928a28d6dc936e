/** AWS's explanation of a denied call. */
export interface Denial {
  action: string | undefined;
  /** ARN of the resource; undefined if AWS does not name it. */
  resource: string | undefined;
  /** The kind of policy that denied it. */
  by: "no policy" | "a denial" | "a boundary" | "the organization" | "the session" | undefined;
  /** The encoded authorization message, which an administrator can decode. */
  encoded: string | undefined;
}

/** Parses the message of `UnauthorizedOperation` and `AccessDenied`. */
export function readDenial(message: string): Denial {
  const [, action, resource] =
    /is not authorized to perform: ([\w-]+:\w+)(?: on resource: ("?)(arn:[^\s"]+)\2)?/
      .exec(message)
      ?.filter((_, index) => index !== 2) ?? [];
  const encoded = /Encoded authorization failure message: (\S+)/.exec(message)?.[1];
  return { action, resource: resource?.replace(/[.,]$/, ""), by: ruleIn(message), encoded };
}

function ruleIn(message: string): Denial["by"] {
  if (/(service|resource) control policy/.test(message)) return "the organization";
  if (/permissions boundary/.test(message)) return "a boundary";
  if (/session policy/.test(message)) return "the session";
  if (/explicit deny/.test(message)) return "a denial";
  return /no (identity|resource)-based policy allows/.test(message) ? "no policy" : undefined;
}
