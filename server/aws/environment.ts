import { resultsUrlOf, type Target } from "./target.ts";

export interface Made {
  securityGroup?: string | undefined;
  /** Where machines may be, where the settings don't say. */
  subnets?: string[];
}

/** The variables to give the server; credentials are not among them. */
export function environmentFor(target: Target, made: Made): Record<string, string> {
  const { ec2, uses } = target;
  const s3 = {
    DEFERRED_STORAGE: "s3",
    DEFERRED_S3_BUCKET: target.bucket,
    ...(target.s3Endpoint === undefined ? {} : { AWS_ENDPOINT_URL_S3: target.s3Endpoint }),
    ...(target.pathStyle ? { DEFERRED_S3_PATH_STYLE: "1" } : {}),
    DEFERRED_RESULTS_URL: resultsUrlOf(target),
  };
  const subnets = ec2.subnets.length > 0 ? ec2.subnets : (made.subnets ?? []);
  const compute = {
    DEFERRED_COMPUTE: "ec2",
    DEFERRED_EC2_AMI: ec2.image,
    DEFERRED_EC2_TYPES: ec2.types.join(","),
    ...(subnets.length > 0 ? { DEFERRED_EC2_SUBNETS: subnets.join(",") } : {}),
    DEFERRED_EC2_SECURITY_GROUP: made.securityGroup ?? "(deferred aws setup prints its id)",
    DEFERRED_EC2_MARKET: ec2.market,
    DEFERRED_EC2_LIFECYCLE: ec2.lifecycle,
  };
  return {
    DEFERRED_URL: target.url,
    AWS_REGION: target.region,
    ...(uses.s3 ? s3 : {}),
    ...(uses.ec2 ? compute : {}),
  };
}
