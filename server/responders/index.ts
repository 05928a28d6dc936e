import type { Hono } from "hono";
import type { AttemptCalls } from "../commands/attempt-calls.ts";
import type { Database } from "../database/database.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Claims } from "../runs/claims.ts";
import type { Leases } from "../runs/leases.ts";
import { createRegistration, type RegistrationDeps } from "./registration.ts";
import { responderRoutes } from "./routes.ts";

export interface RespondersPartDeps {
  database: Database;
  /** Master key: registration tokens are made from it. */
  secret: string;
  /** The URL that responders call. */
  serverUrl: string;
  claims: Claims;
  leases: Leases;
  attemptCalls: AttemptCalls;
  fleet: Fleet;
  now: () => number;
  /** Aborts when no claim may wait any longer. */
  closing: AbortSignal;
  onWoken: RegistrationDeps["onWoken"];
}

/** The calls of responders, under `/v1/responder`. */
export function createRespondersPart(deps: RespondersPartDeps): Hono {
  const { database, secret, serverUrl, claims, leases, attemptCalls, fleet, closing } = deps;
  const registration = createRegistration({
    database,
    secret,
    serverUrl,
    now: deps.now,
    attemptsLost: leases.attemptsLost,
    onWoken: deps.onWoken,
  });
  return responderRoutes({
    registration,
    claims,
    leases,
    commands: attemptCalls,
    fleet,
    closing,
  });
}
