import * as v from "valibot";
import type { DeliveriesTable } from "../database/tables/projects.ts";
import type { Decide } from "./decision.ts";
import { decideGeneric } from "./generic.ts";
import { decideGithub } from "./github.ts";
import { decideGitlab } from "./gitlab.ts";
import {
  checkGithub,
  checkGitlab,
  checkStandard,
  type Header,
  type SignatureCheck,
} from "./signatures.ts";

export type ProviderName = DeliveriesTable["provider"];

/** The parts that differ between providers of webhooks. */
export interface HookProvider {
  /** Signature headers: a delivery without any of them is unsigned. */
  signedBy: string[];
  /** Throws `hook_signature_wrong` where the headers alone show it. */
  check(header: Header, secret: string): SignatureCheck;
  /** The provider's delivery id, the same on a redelivery. */
  id(header: Header): string | undefined;
  /** The event's name, as the provider calls it. */
  event(header: Header, payload: unknown): string | undefined;
  decide: Decide;
}

export const HOOK_PROVIDERS: Record<ProviderName, HookProvider> = {
  github: {
    signedBy: ["x-hub-signature-256"],
    check: checkGithub,
    id: (header) => header("x-github-delivery"),
    event: (header) => header("x-github-event"),
    decide: decideGithub,
  },
  gitlab: {
    signedBy: ["x-gitlab-token", "webhook-signature"],
    check: checkGitlab,
    id: (header) =>
      header("webhook-id") ?? header("idempotency-key") ?? header("x-gitlab-event-uuid"),
    event: (_, payload) => named(payload, "object_kind"),
    decide: decideGitlab,
  },
  generic: {
    signedBy: ["webhook-signature"],
    check: checkStandard,
    id: (header) => header("webhook-id"),
    event: (_, payload) => named(payload, "type"),
    decide: decideGeneric,
  },
};

function named(payload: unknown, key: string): string | undefined {
  const parsed = v.safeParse(v.object({ [key]: v.string() }), payload);
  return parsed.success ? parsed.output[key] : undefined;
}
