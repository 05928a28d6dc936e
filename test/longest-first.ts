import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that take long, as path below test/ and seconds on a quiet machine of two processors: they come first,
 * so that none is begun when everything else is over. What is not named is short.
 */
const SECONDS: Record<string, number> = {
  "e2e/ec2-faults": 30,
  "e2e/machine-set-up": 30,
  "e2e/machine-downloads": 30,
  "e2e/machine-faults": 30,
  "e2e/machine-bake": 28,
  "cli/aws-setup": 28,
  "e2e/request-cli": 28,
  packaging: 27,
  "responder/command/commands": 26,
  "e2e/ec2": 25,
  "e2e/restart": 22,
  "e2e/machine-commands": 21,
  "e2e/examples": 20,
  "e2e/backup": 17,
  "faults/kills": 17,
  "e2e/strangers": 16,
  "e2e/push": 15,
  "e2e/project-pages": 15,
  "e2e/exec-cli": 15,
  "e2e/docs": 15,
  "e2e/projects-cli": 14,
  "e2e/responder-calls": 14,
  "cli/run": 13,
  "cli/serve": 13,
  "e2e/embed": 12,
  "e2e/taken-back": 12,
  "e2e/deliveries": 11,
  "server/faults": 11,
  "server/runs": 11,
  "responder/command/isolation": 11,
  "security/escapes": 10,
  "contract/storage-s3": 10,
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
