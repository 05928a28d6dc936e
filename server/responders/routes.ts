import { Hono } from "hono";
import {
  ClaimRequestSchema,
  FinishRequestSchema,
  ManifestRequestSchema,
  OutputRequestSchema,
  ProgressRequestSchema,
  RegisterRequestSchema,
  RenewRequestSchema,
  StartedRequestSchema,
} from "../../protocol/responder.ts";
import { MAX_BATCH_BYTES } from "../../protocol/sizes.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { jsonBody } from "../json-body.ts";
import { ProblemError } from "../problem.ts";
import type { Leases } from "../runs/leases.ts";
import type { Registration } from "./registration.ts";

export interface ResponderRoutesDeps {
  registration: Registration;
  leases: Leases;
  fleet: Fleet;
}

/** A call about an attempt is small; JSON may make each byte of output six. */
const SMALL = 256 * 1024;
const BATCH = 6 * MAX_BATCH_BYTES;

/** What responders call. Nothing ever calls a responder. */
export function responderRoutes({ registration, leases, fleet }: ResponderRoutesDeps) {
  const app = new Hono<{
    Variables: { machine: Awaited<ReturnType<Registration["authenticate"]>> };
  }>();

  app.post("/progress", async (c) => {
    const request = await jsonBody(c, ProgressRequestSchema, SMALL);
    const { launchId, phase, step } = await registration.progress(request);
    fleet.seen(launchId);
    await fleet.progress(launchId, phase, step);
    return c.json({});
  });

  app.post("/register", async (c) => {
    const answer = await registration.register(await jsonBody(c, RegisterRequestSchema, SMALL));
    fleet.seen(answer.responder_id);
    fleet.reconsider();
    return c.json(answer);
  });

  app.use(async (c, next) => {
    const machine = await registration.authenticate(c.req.header("authorization"));
    fleet.seen(machine.launchId);
    c.set("machine", machine);
    await next();
  });

  app.post("/claim", async (c) => {
    const machine = c.get("machine");
    const { slots, wait_s } = await jsonBody(c, ClaimRequestSchema, SMALL);
    const mayClaim = async () =>
      (await registration.authenticate(c.req.header("authorization"))).state === "ready";
    const runs = await leases.claimWithin(
      machine,
      slots,
      wait_s * 1000,
      c.req.raw.signal,
      mayClaim,
    );
    return c.json({ runs });
  });

  app.post("/renew", async (c) => {
    const machine = c.get("machine");
    const { runs } = await jsonBody(c, RenewRequestSchema, SMALL);
    return c.json({ ...(await leases.renew(machine, runs)), drain: machine.state !== "ready" });
  });

  app.post("/runs/:run/started", async (c) => {
    const { attempt } = await jsonBody(c, StartedRequestSchema, SMALL);
    await leases.started(c.get("machine"), c.req.param("run"), attempt);
    return c.json({});
  });

  app.post("/runs/:run/output", async (c) => {
    const batch = await jsonBody(c, OutputRequestSchema, BATCH);
    await leases.output(c.get("machine"), c.req.param("run"), batch);
    return c.json({});
  });

  app.post("/runs/:run/artifacts", async (c) => {
    const { attempt, artifacts } = await jsonBody(c, ManifestRequestSchema, SMALL);
    return c.json(await leases.announce(c.get("machine"), c.req.param("run"), attempt, artifacts));
  });

  app.post("/runs/:run/finish", async (c) => {
    const machine = c.get("machine");
    const request = await jsonBody(c, FinishRequestSchema, BATCH);
    await leases.finish(machine, c.req.param("run"), request);
    const mayClaim = request.claim && machine.state === "ready";
    return c.json({ runs: mayClaim ? await leases.claim(machine, request.claim!) : [] });
  });

  app.post("/leave", async (c) => {
    const answer = await fleet.leave(c.get("machine").launchId);
    if (answer === "work_waiting") throw new ProblemError("work_waiting");
    return c.json({});
  });

  return app;
}
