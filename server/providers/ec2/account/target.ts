import { isSafeForMachines, readEc2Settings, type Ec2Settings } from "../settings.ts";
import { SettingsError } from "../../../settings/settings.ts";
import { settingsReader } from "../../../settings/reader.ts";
import { publicUrlOf } from "../../../storage/public-url.ts";

/** What a server wants of an account, by the variables that it reads too. */
export interface Target {
  region: string;
  /** The server's public URL. */
  url: string;
  /** Empty where none is named. */
  bucket: string;
  /** Another server than AWS that speaks S3's protocol. */
  s3Endpoint: string | undefined;
  pathStyle: boolean;
  /** Where results are read without a signature, if that is not the bucket itself. */
  resultsUrl: string | undefined;
  retentionDays: number;
  ec2: Ec2Settings;
  /** What of it the server uses: a part that its settings turn off is left out. */
  uses: { ec2: boolean; s3: boolean };
  /** Whether a variable was set at all, or has its default. */
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

/** Without dots: a name with them has no valid certificate at its own address. */
function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name) && !name.startsWith("xn--");
}

/** Whether the bucket is AWS's own. */
export function isAws({ s3Endpoint }: Pick<Target, "s3Endpoint">): boolean {
  if (s3Endpoint === undefined) return true;
  return /(^|\.)amazonaws\.(com|com\.cn|eu)$/.test(new URL(s3Endpoint).hostname);
}

/** Where results are read without a signature, without a slash at its end. */
export function resultsUrlOf(target: Target): string {
  const { resultsUrl, bucket, region, s3Endpoint: endpoint, pathStyle } = target;
  return resultsUrl ?? publicUrlOf({ bucket, region, endpoint, pathStyle });
}
