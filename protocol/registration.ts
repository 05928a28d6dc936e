import * as v from "valibot";
import { FoundRuntimeSchema, ShortTextSchema } from "./responder.ts";
import { countSchema } from "./events.ts";
import { WakePhaseSchema } from "./run.ts";

/** `ec2`: the instance metadata service of EC2, version 2; the URL has no slash at its end. */
const InterruptionSourceSchema = v.object({
  format: v.picklist(["ec2"]),
  url: v.string(),
});
export type InterruptionSource = v.InferOutput<typeof InterruptionSourceSchema>;

/** A machine's launch file: compute writes it for the responder, and only the responder may read it. */
export const LaunchFileSchema = v.object({
  server_url: v.string(),
  launch_id: v.string(),
  /** HMAC of the launch id under the server's master key. */
  registration_token: v.string(),
  /** Seconds without work after which the responder leaves. */
  idle_s: v.number(),
  /** Seconds without an answer from the server after which the responder stops its machine. */
  unreachable_s: v.number(),
  /** Where the provider announces an interruption, and in which format; absent: it never interrupts. */
  interruption: v.optional(InterruptionSourceSchema),
});
export type LaunchFile = v.InferOutput<typeof LaunchFileSchema>;

/** `POST /v1/responder/progress`: the progress of the boot. Authenticated by the registration token. */
export const ProgressRequestSchema = v.object({
  launch_id: ShortTextSchema,
  registration_token: ShortTextSchema,
  phase: WakePhaseSchema,
  step: v.optional(
    v.object({ number: countSchema(1000), of: countSchema(1000), name: ShortTextSchema }),
  ),
  /** Why the set-up was given up, for operators and waiting readers: the machine powers off. */
  failed: v.optional(v.pipe(v.string(), v.maxLength(2000))),
  /** The reason that readers who wait for the machine get then. */
  failed_reason: v.optional(
    v.picklist(["boot_failed", "sandbox_missing", "taken_back"]),
    "boot_failed",
  ),
});

/**
 * `POST /v1/responder/register`. `proof` is the base64url Ed25519 signature, by the key in `public_key`,
 * over `registrationStatement(...)`: it shows that the caller holds the key the launch is bound to.
 */
export const RegisterRequestSchema = v.object({
  launch_id: ShortTextSchema,
  registration_token: ShortTextSchema,
  /** The machine's own Ed25519 public key: base64url of its 32 bytes. */
  public_key: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/)),
  /** New at every start of the responder; registering voids tokens and leases of earlier boots. */
  boot_id: v.pipe(v.string(), v.minLength(8), v.maxLength(64)),
  protocol: countSchema(1_000_000),
  /** Release of the responder, for operators: `0.1.0`. */
  release: v.optional(ShortTextSchema),
  proof: ShortTextSchema,
  /** Runs it executes at one time. */
  slots: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)),
  runtimes: v.pipe(v.array(FoundRuntimeSchema), v.maxLength(100)),
  sandbox: v.object({
    name: v.picklist(["bubblewrap", "none"]),
    /** Sandbox features that it enforces, such as `cgroup-memory`, `seccomp`: shown to operators. */
    features: v.pipe(v.array(ShortTextSchema), v.maxLength(50)),
  }),
  host: v.object({
    arch: ShortTextSchema,
    os: ShortTextSchema,
    cpus: countSchema(100_000),
    memory_mb: countSchema(2 ** 40),
  }),
});
export type RegisterRequest = v.InferOutput<typeof RegisterRequestSchema>;

/** The text that `proof` signs. */
export function registrationStatement(of: {
  server_url: string;
  launch_id: string;
  boot_id: string;
  public_key: string;
}): string {
  return ["deferred-register-1", of.server_url, of.launch_id, of.boot_id, of.public_key].join("\n");
}

export const RegisterAnswerSchema = v.object({
  responder_id: v.string(),
  /** Bearer token for every other responder call of this boot. */
  token: v.string(),
});
export type RegisterAnswer = v.InferOutput<typeof RegisterAnswerSchema>;
