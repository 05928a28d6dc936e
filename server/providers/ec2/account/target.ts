import { isSafeForMachines, readEc2Settings, type Ec2Settings } from "../settings.ts";
import { SettingsError } from "../../../settings/settings.ts";
import { settingsReader } from "../../../settings/reader.ts";
import { publicUrlOf } from "../../../storage/public-url.ts";

/** The account settings of a server, from the same variables that the server reads. */
export interface Target {
  region: string;
  /** The server's public URL. */
  url: string;
  /** Empty if not set. */
  bucket: string;
  /** An S3-compatible server instead of AWS. */
  s3Endpoint: string | undefined;
  pathStyle: boolean;
  /** URL for reading results without a signature, if it is not the bucket's. */
  resultsUrl: string | undefined;
  retentionDays: number;
  ec2: Ec2Settings;
  /** The services that the server's settings use. */
  uses: { ec2: boolean; s3: boolean };
  /** Whether a variable is set, rather than having its default. */
  isSet: (variable: string) => boolean;
}

/** Throws `SettingsError`. */
export function readTarget(env: Record<string, string | undefined>): Target {
  const read = settingsReader(env);
  const url = read.url("DEFERRED_URL");
  const ec2 = readEc2Settings(read);
  const bucket = read.text("DEFERRED_S3_BUCKET", "");
  const target: Target = {
    region: ec2.region ?? "",
    url: url ?? "",
    bucket,
    s3Endpoint: read.url("AWS_ENDPOINT_URL_S3"),
    pathStyle: read.choice("DEFERRED_S3_PATH_STYLE", ["0", "1"]) === "1",
    resultsUrl: read.url("DEFERRED_RESULTS_URL"),
    retentionDays: read.number("DEFERRED_RETENTION_DAYS", 30, 1, 36_500),
    ec2,
    uses: {
      ec2: env["DEFERRED_COMPUTE"] !== "local",
      s3: env["DEFERRED_STORAGE"] !== "fs",
    },
    isSet: (variable) => Boolean(env[variable]),
  };
  const { mistakes } = read;
  if (url === undefined) {
    if (!env["DEFERRED_URL"]) {
      mistakes.push("DEFERRED_URL, or --url, has to be the https address of your server.");
    }
  } else if (!isSafeForMachines(url)) {
    mistakes.push(`DEFERRED_URL has to be an https address: machines call it. "${url}" is not.`);
  }
  if (!/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(target.region)) {
    mistakes.push("AWS_REGION, or --region, has to name a region, such as eu-west-1.");
  }
  if (bucket !== "" && !isBucketName(bucket)) {
    mistakes.push(
      `DEFERRED_S3_BUCKET has to be 3 to 63 small letters, digits and hyphens, not "${bucket}".`,
    );
  }
  if (mistakes.length > 0) throw new SettingsError(mistakes);
  return target;
}

/** Excludes names with dots: the wildcard certificate of S3 does not cover their host names. */
function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name) && !name.startsWith("xn--");
}

/** Whether the bucket is AWS's own. */
export function isAws({ s3Endpoint }: Pick<Target, "s3Endpoint">): boolean {
  if (s3Endpoint === undefined) return true;
  return /(^|\.)amazonaws\.(com|com\.cn|eu)$/.test(new URL(s3Endpoint).hostname);
}

/** URL for reading results without a signature, without a trailing slash. */
export function resultsUrlOf(target: Target): string {
  const { resultsUrl, bucket, region, s3Endpoint: endpoint, pathStyle } = target;
  return resultsUrl ?? publicUrlOf({ bucket, region, endpoint, pathStyle });
}
