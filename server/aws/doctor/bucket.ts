import { bucketAspects } from "../bucket-aspects.ts";
import { findBucket, isNotImplemented } from "../bucket.ts";
import { AwsCallError } from "../call-error.ts";
import { isAws } from "../target.ts";
import type { Checked } from "./doctor.ts";
import { findingsOf, type Finding } from "./finding.ts";

const PUT_RIGHT = "run deferred aws setup, which puts it right";
const GIVE_POLICY = "give them the server policy that deferred aws plan prints";

/** Whether the bucket is there and set as setup sets it. */
export async function* checkBucket({ clients, target, account }: Checked): AsyncGenerator<Finding> {
  const about = findingsOf("bucket");
  const found = await findBucket(clients, target, { account, adopt: true });
  if (found.whose === "nobody") {
    yield about.failed(`there is no bucket ${target.bucket}`, "run deferred aws setup");
    return;
  }
  if (found.whose === "others") {
    yield about.failed(
      `${target.bucket} is not this server's: ${found.why}`,
      "set DEFERRED_S3_BUCKET to its own bucket, or run deferred aws setup",
    );
    return;
  }
  yield about.ok(target.bucket);
  for (const aspect of bucketAspects(clients, target, account)) {
    const about = findingsOf(`bucket's ${aspect.name}`);
    try {
      const isRight = (await aspect.pending()) === undefined;
      if (isRight) yield about.ok(aspect.does);
      else if (isAws(target) && aspect.matters)
        yield about.failed("not as it should be", PUT_RIGHT);
      else yield about.warning(`not set: ${aspect.without}`, PUT_RIGHT);
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      if (isNotImplemented(error, target)) {
        yield about.warning("this server does not know it", aspect.without);
      } else if (error.status === 403) {
        yield about.warning(`these credentials may not ${error.action}`, GIVE_POLICY);
      } else throw error;
    }
  }
}
