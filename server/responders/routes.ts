import { Hono, type Context } from "hono";
import {
  CheckoutRequestSchema,
  RestoreCachesRequestSchema,
  SaveCachesRequestSchema,
} from "../../protocol/command.ts";
import {
  ClaimRequestSchema,
  FinishRequestSchema,
  LeaveResponderSchema,
  ManifestRequestSchema,
  OutputRequestSchema,
  ProgressRequestSchema,
  RegisterRequestSchema,
  RenewRequestSchema,
  StartedRequestSchema,
} from "../../protocol/responder.ts";
import { MAX_BATCH_CHUNKS, MAX_BATCH_BYTES, MAX_CHECKOUT_BYTES } from "../../protocol/sizes.ts";
import type { AttemptCalls } from "../commands/attempt-calls.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { jsonBody } from "../http/json-body.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Claims } from "../runs/claims.ts";
import type { Leases } from "../runs/leases.ts";
import { learn } from "../logs/request-facts.ts";
import type { RegisteredMachine, Registration } from "./registration.ts";

export interface ResponderRoutesDeps {
  registration: Registration;
  claims: Claims;
  leases: Leases;
  commands: AttemptCalls;
  fleet: Fleet;
  /** Aborts when nobody is kept waiting any longer. */
  closing?: AbortSignal;
}

/** A call about an attempt is small; JSON may make each byte of output six. */
const SMALL = 256 * 1024;
const BATCH = 6 * MAX_BATCH_BYTES;
/** As many chunks as a batch may have, each with some members. */
const BATCH_SHAPE = { values: 12 * MAX_BATCH_CHUNKS, vouched: true };

/** What responders call. Nothing ever calls a responder. */
export function responderRoutes(deps: ResponderRoutesDeps) {
  const { registration, claims, leases, commands, fleet } = deps;
  const app = new Hono();

  const authenticate = (c: Context) => registration.authenticate(c.req.header("authorization"));
  /** A handler for the machine whose token came with the call; `run` is empty where the path has none. */
  const by =
    (handle: (c: Context, machine: RegisteredMachine, run: string) => Promise<object>) =>
    async (c: Context) => {
      const machine = await authenticate(c);
      const run = c.req.param("run") ?? "";
      learn({ machine: machine.launchId });
      fleet.seen(machine.launchId, { working: run !== "" });
      return c.json(await handle(c, machine, run));
    };

  app.post("/progress", async (c) => {
    const request = await jsonBody(c, ProgressRequestSchema, SMALL);
    const { launchId, phase, step, failure } = await registration.progress(request);
    fleet.seen(launchId, { working: false });
    if (failure === undefined) await fleet.progress(launchId, phase, step);
    else fleet.bootFailed(launchId, failure.reason, failure.detail);
    return c.json({});
  });

  app.post("/register", async (c) => {
    const answer = await registration.register(await jsonBody(c, RegisterRequestSchema, SMALL));
    fleet.seen(answer.responder_id, { working: false });
    fleet.reconsider();
    return c.json(answer);
  });

  app.post(
    "/claim",
    by(async (c, machine) => {
      const { slots, wait_s, holding } = await jsonBody(c, ClaimRequestSchema, SMALL);
      const own = c.req.raw.signal;
      const signal = deps.closing ? AbortSignal.any([own, deps.closing]) : own;
      if (holding) await leases.takeUnheard(machine, holding);
      const waitMs = wait_s * 1000;
      return { runs: await claims.claimWithin(machine, slots, waitMs, signal, holding) };
    }),
  );

  app.post(
    "/renew",
    by(async (c, machine) => {
      const { runs, holding } = await jsonBody(c, RenewRequestSchema, SMALL);
      if (holding) await leases.takeUnheard(machine, holding);
      return { ...(await leases.renew(machine, runs)), drain: machine.state !== "ready" };
    }),
  );

  app.post(
    "/runs/:run/started",
    by(async (c, machine, run) => {
      const { attempt } = await jsonBody(c, StartedRequestSchema, SMALL);
      await leases.started(machine, run, attempt);
      return {};
    }),
  );

  app.post(
    "/runs/:run/output",
    by(async (c, machine, run) => {
      await leases.output(machine, run, await jsonBody(c, OutputRequestSchema, BATCH, BATCH_SHAPE));
      return {};
    }),
  );

  app.post(
    "/runs/:run/artifacts",
    by(async (c, machine, run) => {
      const { attempt, artifacts } = await jsonBody(c, ManifestRequestSchema, SMALL);
      return leases.announce(machine, run, attempt, artifacts);
    }),
  );

  app.post(
    "/runs/:run/checkout",
    by(async (c, machine, run) => {
      await commands.checkout(
        machine,
        run,
        await jsonBody(c, CheckoutRequestSchema, MAX_CHECKOUT_BYTES, {
          values: 10_000,
          vouched: true,
        }),
      );
      return {};
    }),
  );

  app.post(
    "/runs/:run/caches",
    by(async (c, machine, run) => {
      const { attempt, names } = await jsonBody(c, RestoreCachesRequestSchema, SMALL);
      return commands.restoreCaches(machine, run, attempt, names);
    }),
  );

  app.post(
    "/runs/:run/caches/save",
    by(async (c, machine, run) => {
      const { attempt, caches } = await jsonBody(c, SaveCachesRequestSchema, SMALL);
      return commands.announceCaches(machine, run, attempt, caches);
    }),
  );

  app.post(
    "/runs/:run/finish",
    by(async (c, machine, run) => {
      const request = await jsonBody(c, FinishRequestSchema, BATCH, BATCH_SHAPE);
      await leases.finish(machine, run, request);
      await commands.keepCaches(run, request.caches);
      const { claim, holding } = request;
      if (holding) await leases.takeUnheard(machine, holding);
      if (!claim) return { runs: [] };
      // The run is finished: that the machine gets no other is told by its next call.
      return { runs: await claims.claim(machine, claim, holding).catch(noneIfRefused) };
    }),
  );

  app.post(
    "/leave",
    by(async (c, machine) => {
      const { reason } = await jsonBody(c, LeaveResponderSchema, SMALL);
      const answer = await fleet.leave(machine.launchId, reason);
      if (answer === "work_waiting") throw new ApiError("work_waiting");
      return {};
    }),
  );

  return app;
}

function noneIfRefused(error: unknown): [] {
  if (error instanceof ApiError) return [];
  throw error;
}
