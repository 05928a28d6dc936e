import type { ErrorCode } from "../../protocol/errors.ts";
import * as command from "../../protocol/command.ts";
import * as responder from "../../protocol/responder.ts";
import { badBody, type Operation, type Operations, type Schema } from "./operation.ts";

const attempt = { run: "The run's id." };
const badAttempt: ErrorCode[] = [...badBody, "run_not_found", "attempt_over", "attempt_not_held"];

export const respondersOperations: Operations = {
  "/v1/responder/progress": {
    post: {
      tag: "Responders",
      summary: "Report how far a boot is",
      body: responder.ProgressRequestSchema,
      answers: { 200: ["Taken."] },
      errors: [...badBody, "registration_refused"],
    },
  },
  "/v1/responder/register": {
    post: {
      tag: "Responders",
      summary: "Register a machine",
      description: "Binds the launch to the first key seen; voids what earlier boots held.",
      body: responder.RegisterRequestSchema,
      answers: { 200: ["The token for all other calls.", responder.RegisterAnswerSchema] },
      errors: [...badBody, "registration_refused", "protocol_version_wrong", "machine_leaving"],
    },
  },
  "/v1/responder/claim": {
    post: responderCall("Claim runs, waiting for some", responder.ClaimRequestSchema, {
      answer: responder.ClaimAnswerSchema,
      errors: [...badBody, "machine_leaving"],
    }),
  },
  "/v1/responder/renew": {
    post: responderCall("Keep the leases of what runs", responder.RenewRequestSchema, {
      answer: responder.RenewAnswerSchema,
      errors: badBody,
    }),
  },
  "/v1/responder/runs/{run}/started": {
    post: responderCall("Say that the program is about to begin", responder.StartedRequestSchema, {
      parameters: attempt,
      errors: badAttempt,
    }),
  },
  "/v1/responder/runs/{run}/output": {
    post: responderCall("Send a batch of output", responder.OutputRequestSchema, {
      parameters: attempt,
      errors: badAttempt,
    }),
  },
  "/v1/responder/runs/{run}/artifacts": {
    post: responderCall("Announce artifacts", responder.ManifestRequestSchema, {
      parameters: attempt,
      answer: responder.ManifestAnswerSchema,
      errors: [...badAttempt, "upload_refused"],
    }),
  },
  "/v1/responder/runs/{run}/checkout": {
    post: responderCall("Say what a checkout found", command.CheckoutRequestSchema, {
      parameters: attempt,
      errors: badAttempt,
    }),
  },
  "/v1/responder/runs/{run}/caches": {
    post: responderCall("Find stored cache folders", command.RestoreCachesRequestSchema, {
      parameters: attempt,
      answer: command.RestoreCachesAnswerSchema,
      errors: badAttempt,
    }),
  },
  "/v1/responder/runs/{run}/caches/save": {
    post: responderCall("Announce cache folders", command.SaveCachesRequestSchema, {
      parameters: attempt,
      answer: responder.ManifestAnswerSchema,
      errors: [...badAttempt, "upload_refused"],
    }),
  },
  "/v1/responder/runs/{run}/finish": {
    post: responderCall("End the attempt", responder.FinishRequestSchema, {
      parameters: attempt,
      answer: responder.FinishAnswerSchema,
      errors: [...badAttempt, "upload_refused"],
    }),
  },
  "/v1/responder/leave": {
    post: responderCall("Ask to power off", undefined, { errors: ["work_waiting"] }),
  },
};

function responderCall(
  summary: string,
  body: Schema | undefined,
  more: { answer?: Schema; parameters?: Record<string, string>; errors: ErrorCode[] },
): Operation {
  return {
    tag: "Responders",
    summary,
    body,
    parameters: more.parameters,
    answers: { 200: ["Taken.", more.answer] },
    errors: ["responder_token_missing", "responder_token_wrong", ...more.errors],
    security: "responder",
  };
}
