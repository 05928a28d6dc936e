import type { Fault } from "../../operate/faults/faults.ts";
import type { ErrorFacts } from "../../logs/error-facts.ts";

/** Advice on kinds of faults, found by words of their errors. */
const STEPS: readonly [words: RegExp, step: string][] = [
  [
    /quota_reached|VcpuLimitExceeded|InstanceLimitExceeded/,
    "Ask AWS for more vCPUs, in Service Quotas.",
  ],
  [
    /no_capacity|InsufficientInstanceCapacity/,
    "Name more types or subnets, so that another offer is tried.",
  ],
  [
    /launch_refused|UnauthorizedOperation|AccessDenied/,
    "Run deferred aws doctor: it says which permission is missing.",
  ],
  [/sandbox_missing/, "Install bubblewrap on the machine, then run deferred doctor."],
  [/boot_failed/, "Read the last line of the machine's console: docs/machines.md explains each."],
  [
    /ENOSPC|disk is full|SQLITE_FULL/,
    "Make room on the disk of the data folder, or keep results for fewer days.",
  ],
  [/EMFILE|ENFILE/, "Let the server open more files: LimitNOFILE in its unit."],
  [/EACCES|EROFS|SQLITE_READONLY/, "Give the server's user the right to write the data folder."],
  [
    /SQLITE_CORRUPT|SQLITE_NOTADB/,
    "Stop the server, keep the folder as it is, and restore a backup into another.",
  ],
  [
    /ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EAI_AGAIN/,
    "Look whether that host can be reached from this machine.",
  ],
  [/EAUTH|Invalid login|535/, "Correct the user and password in SMTP_URL."],
  [
    /NoSuchBucket|SignatureDoesNotMatch|InvalidAccessKeyId/,
    "Correct the bucket or the AWS keys, then run deferred aws doctor.",
  ],
];

/** One sentence on what to do next. */
export function nextStep({ what, error, context }: Fault): string {
  const text = [what, ...textsOf(error), ...Object.values(context).map(String)].join("\n");
  const step = STEPS.find(([words]) => words.test(text))?.[1];
  return (
    step ??
    "Look for the same moment in the server's log. If it comes again, report it with the text below."
  );
}

function textsOf({ type, message, code, cause }: ErrorFacts): string[] {
  return [type, message, code ?? "", ...(cause ? textsOf(cause) : [])];
}
