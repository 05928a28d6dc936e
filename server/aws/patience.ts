import { AwsCallError } from "./call-error.ts";

export type Sleep = (ms: number) => Promise<void>;

/** AWS needs some seconds until all of it knows what was made or changed a moment ago. */
const PASSING = [
  "NoSuchBucket",
  "OperationAborted",
  "InvalidGroup.NotFound",
  "InvalidGroupId.NotFound",
];
const PAUSES_MS = [500, 1000, 2000, 4000, 8000];

/** Repeats `call` while it fails because of that. */
export async function patiently<Answer>(
  sleep: Sleep,
  call: () => Promise<Answer>,
): Promise<Answer> {
  for (const pause of PAUSES_MS) {
    try {
      return await call();
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    await sleep(pause);
  }
  return call();
}

/** Of a policy that was refused a moment after the lock against it was opened. */
export function isPublicPolicyBlocked(error: AwsCallError): boolean {
  return error.code === "AccessDenied" && /BlockPublicPolicy|public policies/i.test(error.message);
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof AwsCallError)) return false;
  return PASSING.includes(error.code) || isPublicPolicyBlocked(error);
}
