import { Hono } from "hono";
import * as command from "../../protocol/command.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import {
  ProgressRequestSchema,
  RegisterAnswerSchema,
  RegisterRequestSchema,
} from "../../protocol/registration.ts";
import * as protocol from "../../protocol/responder.ts";
import { MAX_BATCH_CHUNKS, MAX_BATCH_BYTES, MAX_CHECKOUT_BYTES } from "../../protocol/sizes.ts";
import type { AttemptCalls } from "../commands/attempt-calls.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { jsonBody } from "../http/json-body.ts";
import { describe } from "../http/openapi/describe.ts";
import type { Claims } from "../runs/claims.ts";
import type { Leases } from "../runs/leases.ts";
import type { Registration } from "./registration.ts";
import { answerInLines } from "./answer-in-lines.ts";
import { responderRouter } from "./route.ts";

export interface ResponderRoutesDeps {
  registration: Registration;
  claims: Claims;
  leases: Leases;
  commands: AttemptCalls;
  fleet: Fleet;
  /** Aborts when long polls have to end. */
  closing?: AbortSignal;
}

type Post = ReturnType<typeof responderRouter>;

const MAX_BOOT_BYTES = 256 * 1024;
/** JSON may take six bytes for each byte of output; a chunk has some members. */
const BATCH = {
  maxBytes: 6 * MAX_BATCH_BYTES,
  shape: { values: 12 * MAX_BATCH_CHUNKS, vouched: true },
};

/** The calls of responders. The server never calls a responder. */
export function responderRoutes(deps: ResponderRoutesDeps): Hono {
  const app = new Hono();
  const { registration, fleet } = deps;
  const post = responderRouter(app, {
    registration,
    seen: ({ launchId }, run) => fleet.heard(launchId, { working: run !== "" }),
  });
  addBootRoutes(app, deps);
  addMachineRoutes(post, deps);
  addAttemptRoutes(post, deps);
  addCommandRoutes(post, deps);
  return app;
}

/** Calls of a machine that has no token yet. */
function addBootRoutes(app: Hono, { registration, fleet }: ResponderRoutesDeps): void {
  app.post("/progress", docs.progress, async (c) => {
    const request = await jsonBody(c, ProgressRequestSchema, MAX_BOOT_BYTES);
    const { launchId, phase, step, failure } = await registration.progress(request);
    fleet.heard(launchId, { working: false });
    if (failure === undefined) await fleet.progress(launchId, phase, step);
    else fleet.bootFailed(launchId, failure.reason, failure.detail);
    return c.json({});
  });

  app.post("/register", docs.register, async (c) => {
    const request = await jsonBody(c, RegisterRequestSchema, MAX_BOOT_BYTES);
    const answer = await registration.register(request);
    fleet.heard(answer.responder_id, { working: false });
    fleet.reconsider();
    return c.json(answer);
  });
}

/** Calls about a machine as a whole. */
function addMachineRoutes(post: Post, { claims, leases, fleet, closing }: ResponderRoutesDeps) {
  post(
    "/claim",
    {
      summary: "Claim runs, waiting for some",
      body: protocol.ClaimRequestSchema,
      answer: protocol.ClaimAnswerSchema,
      errors: ["machine_leaving"],
    },
    async ({ c, machine, body: { slots, wait_s, lines, holding } }) => {
      const own = c.req.raw.signal;
      const signal = closing ? AbortSignal.any([own, closing]) : own;
      if (holding) await leases.takeNewlyUnheard(machine, holding);
      const request = { slots, waitMs: wait_s * 1000, lines, holding };
      return answerInLines(claims.lines(machine, request, signal), lines);
    },
  );

  post(
    "/renew",
    {
      summary: "Keep the leases of what runs",
      body: protocol.RenewRequestSchema,
      answer: protocol.RenewAnswerSchema,
    },
    async ({ machine, body: { runs, holding } }) => {
      if (holding) await leases.takeUnheard(machine, holding);
      return { ...(await leases.renew(machine, runs)), drain: machine.state !== "ready" };
    },
  );

  post(
    "/leave",
    {
      summary: "Ask to power off",
      body: protocol.LeaveResponderSchema,
      errors: ["work_waiting"],
    },
    async ({ machine, body: { reason } }) => {
      const answer = await fleet.leave(machine.launchId, reason);
      if (answer === "work_waiting") throw new ApiError("work_waiting");
    },
  );
}

/** Calls about one attempt at a run. */
function addAttemptRoutes(post: Post, { claims, leases, commands }: ResponderRoutesDeps): void {
  post(
    "/runs/:run/started",
    { summary: "Say that the program begins", body: protocol.StartedRequestSchema },
    async ({ machine, run, body }) => leases.started(machine, run, body),
  );

  post(
    "/runs/:run/output",
    { summary: "Send a batch of output", body: protocol.OutputRequestSchema, ...BATCH },
    async ({ machine, run, body }) => leases.output(machine, run, body),
  );

  post(
    "/runs/:run/artifacts",
    {
      summary: "Announce artifacts",
      body: protocol.ManifestRequestSchema,
      answer: protocol.ManifestAnswerSchema,
      errors: ["upload_refused"],
    },
    async ({ machine, run, body: { attempt, artifacts } }) =>
      leases.announce(machine, run, attempt, artifacts),
  );

  post(
    "/runs/:run/finish",
    {
      summary: "End the attempt",
      body: protocol.FinishRequestSchema,
      answer: protocol.ClaimAnswerSchema,
      errors: ["upload_refused"],
      ...BATCH,
    },
    async ({ machine, run, body }) => {
      const arrived = performance.now();
      await leases.finish(machine, run, body);
      await commands.keepCaches(run, body.caches);
      const { claim, holding } = body;
      if (holding) await leases.takeNewlyUnheard(machine, holding);
      const after_s = (performance.now() - arrived) / 1000;
      if (!claim) return { runs: [], after_s };
      // The run is finished either way: a refused claim is reported by the machine's next call.
      return { runs: await claims.claim(machine, claim, holding).catch(noneIfRefused), after_s };
    },
  );
}

/** Calls about an attempt at a project's own command. */
function addCommandRoutes(post: Post, { commands }: ResponderRoutesDeps): void {
  post(
    "/runs/:run/checkout",
    {
      summary: "Say what a checkout found",
      body: command.CheckoutRequestSchema,
      maxBytes: MAX_CHECKOUT_BYTES,
      shape: { values: 10_000, vouched: true },
    },
    async ({ machine, run, body }) => commands.checkout(machine, run, body),
  );

  post(
    "/runs/:run/caches",
    {
      summary: "Find stored cache folders",
      body: command.RestoreCachesRequestSchema,
      answer: command.RestoreCachesAnswerSchema,
    },
    async ({ machine, run, body: { attempt, names } }) =>
      commands.restoreCaches(machine, run, attempt, names),
  );

  post(
    "/runs/:run/caches/save",
    {
      summary: "Announce cache folders",
      body: command.SaveCachesRequestSchema,
      answer: protocol.ManifestAnswerSchema,
      errors: ["upload_refused"],
    },
    async ({ machine, run, body: { attempt, caches } }) =>
      commands.announceCaches(machine, run, attempt, caches),
  );
}

function noneIfRefused(error: unknown): [] {
  if (error instanceof ApiError) return [];
  throw error;
}

const docs = {
  progress: describe({
    tag: "Responders",
    summary: "Report how far a boot is",
    body: ProgressRequestSchema,
    answers: { 200: ["Taken."] },
    errors: ["registration_refused"],
  }),
  register: describe({
    tag: "Responders",
    summary: "Register a machine",
    description: "Binds the launch to the first key seen; voids what earlier boots held.",
    body: RegisterRequestSchema,
    answers: { 200: ["The token for all other calls.", RegisterAnswerSchema] },
    errors: ["registration_refused", "protocol_version_wrong", "machine_leaving"],
  }),
};
