import { RunInstancesCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { LaunchError, type LaunchedMachine, type LaunchSpec } from "../compute.ts";
import type { Ec2ComputeOptions } from "./options.ts";
import type { createCatalogue } from "./catalogue.ts";
import {
  codeOf,
  described,
  foremost,
  isFailureOfOffer,
  isSpotRoleMissing,
  isUncertain,
  verdictOf,
  type OfferFailure,
} from "./errors.ts";
import { ImageError } from "./images.ts";
import { launchedMachine, type createEc2Instances } from "./instances.ts";
import { offersOf, type Ec2Offer } from "./offers.ts";
import { retryWhile, realClock, type Pace } from "./retry.ts";
import { clientToken, runInstancesInput } from "./requests.ts";
import { createSpotRole } from "./spot-role.ts";

interface LaunchDeps {
  options: Ec2ComputeOptions;
  catalogue: ReturnType<typeof createCatalogue>;
  instances: ReturnType<typeof createEc2Instances>;
  pace: Pace;
  /** Digest of the settings that affect a machine. */
  settings: string;
  now: () => number;
}

/** Tries the offers in order, each with retries, and launches at most one machine. */
export function createLaunch(client: EC2Client, deps: LaunchDeps) {
  const { options, catalogue, instances, pace, settings, now } = deps;
  const { log } = options;
  const { again, ask } = instances;
  const spotRole = createSpotRole({ log, now });

  async function launchOffer(spec: LaunchSpec, offer: Ec2Offer): Promise<LaunchedMachine> {
    const { wish } = spec;
    const { image, burstable } = await ask(() => catalogue.forType(offer.type, wish?.image));
    const userData = options.userData(spec.launchFile);
    const { launchTemplate } = options;
    const order = { ...options, launchTemplate, spec, offer, image, burstable, userData, settings };
    const command = new RunInstancesCommand(runInstancesInput(order));
    const token = clientToken(spec.launchId, offer.number);
    let mayHaveWorked = false;
    try {
      const send = async () => {
        try {
          return await client.send(command);
        } catch (error) {
          mayHaveWorked ||= isUncertain(error);
          throw error;
        }
      };
      // If another offer is left, it is faster than retrying this one for a minute.
      const { now: clock } = pace.clock ?? realClock;
      const hurry = offer.number === offer.of ? Infinity : clock() + pace.limitMs / 3;
      const mayPass = (error: unknown) =>
        again(error) && (clock() < hurry || !isFailureOfOffer(error));
      const answer = await retryWhile(send, mayPass, pace);
      const launched = launchedMachine(answer.Instances?.[0]);
      if (!launched) throw new LaunchError("launch_failed", "EC2 named no machine.");
      return launched;
    } catch (error) {
      if (codeOf(error)?.startsWith("InvalidAMIID")) catalogue.forgetImages();
      if (codeOf(error) === "IdempotentParameterMismatch") {
        const launched = await instances.earlier(token, pace.limitMs);
        if (launched) return launched;
        const text = `EC2 has had another request with the token ${token}, and shows no machine.`;
        throw new LaunchError("launch_failed", text, { cause: error });
      }
      // The repeat of an accepted request may be refused.
      const isUnclear = mayHaveWorked && (!again(error) || isFailureOfOffer(error));
      const launched = isUnclear ? await instances.earlier(token, pace.limitMs / 6) : undefined;
      if (launched) return launched;
      throw error;
    }
  }

  return async function launch(spec: LaunchSpec): Promise<LaunchedMachine> {
    const places = await catalogue.places();
    const { types = options.types, market = options.market } = spec.wish ?? {};
    const offers = offersOf({ types, market, places });
    const failed: OfferFailure[] = [];
    for (const offer of offers.slice(spec.firstOffer - 1)) {
      if (offer.market === "spot" && spotRole.isMissing()) continue;
      await spec.onOffer({ ...offer, ...(offer.subnet?.zone && { zone: offer.subnet.zone }) });
      try {
        const launched = await launchOffer(spec, offer);
        instances.noteLaunch(launched.providerId);
        return launched;
      } catch (error) {
        if (error instanceof LaunchError) throw error;
        const text = `${offer.name}: ${described(error)}`;
        if (error instanceof ImageError) throw new LaunchError("launch_refused", text);
        const verdict = verdictOf(error);
        const reason = verdict.do === "again" ? "launch_failed" : verdict.reason;
        // If the failed offer took effect after all, reconciliation terminates the second machine once it is listed.
        const isNext = verdict.do === "next" || isFailureOfOffer(error);
        if (!isNext) throw new LaunchError(reason, text, { cause: error });
        if (isSpotRoleMissing(error)) spotRole.noteMissing();
        log.warn(
          { machine: spec.launchId, offer: offer.name, code: codeOf(error) },
          "not to be had",
        );
        failed.push({ reason, text, said: "said" in verdict ? verdict.said : undefined });
      }
    }
    const { reason, said } = foremost(failed);
    throw new LaunchError(
      reason,
      failed.map(({ text }) => text).join("\n") || "There is no offer left to ask for.",
      { said },
    );
  };
}
