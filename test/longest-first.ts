import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that take long, as path below test/ and seconds on a quiet machine of two processors: they come first,
 * so that none is begun when everything else is over. What is not named is short.
 */
const SECONDS: Record<string, number> = {
  "e2e/machine-kernel": 46,
  "e2e/machine-faults": 46,
  "responder/command/commands": 37,
  packaging: 37,
  "cli/aws-setup": 32,
  "security/terminal": 30,
  "e2e/ec2-faults": 28,
  "faults/disk": 25,
  "e2e/request-cli": 22,
  "e2e/machine-set-up": 22,
  "e2e/machine-downloads": 21,
  "faults/clock": 20,
  "e2e/examples": 19,
  "responder/checkout/checkout": 18,
  "faults/kills": 17,
  "e2e/machine-commands": 17,
  "cli/run": 15,
  "security/held-bodies": 15,
  "responder/checkout/submodules": 15,
  "faults/stopped": 14,
  "e2e/ec2": 14,
  "security/escapes": 14,
  "cli/sign": 13,
  "e2e/taken-back": 13,
  "e2e/project-pages": 13,
  "server/operate/disk-faults": 13,
  "e2e/exec-cli": 12,
  "e2e/frozen-server": 12,
  "e2e/sign-asks": 12,
  "faults/migrations": 11,
  "e2e/machine-bake": 11,
  "e2e/projects-cli": 10,
  "server/fleet/fleet": 10,
  "e2e/restart": 10,
  "e2e/slow-start": 9,
  "server/providers/cloud-init/mirror": 9,
  "security/shapes": 9,
  "responder/checkout/refusals": 9,
  "e2e/reader": 9,
  "cli/image": 9,
  "server/fleet/record": 8,
  "e2e/embed": 8,
  "responder/command/isolation": 8,
};

const secondsOf = ({ moduleId }: TestSpecification): number => {
  const name = /\/test\/(.+)\.test\.ts$/.exec(moduleId)?.[1];
  return SECONDS[name ?? ""] ?? 0;
};

/** Of the others, those that took longest the last time come first, or those that are largest. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files);
    return others.toSorted((one, other) => secondsOf(other) - secondsOf(one));
  }
}
