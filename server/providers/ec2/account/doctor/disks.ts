import { GetEbsDefaultKmsKeyIdCommand } from "@aws-sdk/client-ec2";
import { AwsCallError } from "../call-error.ts";
import type { Checked } from "./checked.ts";
import { findingsOf, type Finding } from "../../../../operate/doctor/finding.ts";

/** Checks the key that encrypts disks. Without permission to use it, a launch is accepted but its machine ends at once. */
export async function* checkDisks({ clients, target }: Checked): AsyncGenerator<Finding> {
  const about = findingsOf("disks");
  const size = `${target.ec2.diskGb} GB each`;
  try {
    const { KmsKeyId = "" } = await clients.ec2.send(new GetEbsDefaultKmsKeyIdCommand({}));
    yield /(^|:)alias\/aws\/ebs$/.test(KmsKeyId)
      ? about.ok(`${size}, encrypted with AWS's own key`)
      : about.warning(
          `${size}, encrypted with ${KmsKeyId}, which the server needs rights on`,
          `unless that was done: deferred aws setup --set KmsKeyArn=${KmsKeyId}`,
        );
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    yield about.skipped(`${size}; these credentials may not read the account's default key`);
  }
}
