import type { S3StorageOptions } from "./s3.ts";

/** The base URL of a bucket's objects for reading without a signature. */
export function publicUrlOf(options: Omit<S3StorageOptions, "credentials">): string {
  if (options.endpoint) {
    const endpoint = new URL(options.endpoint);
    if (options.pathStyle) return `${endpoint.origin}/${options.bucket}`;
    return `${endpoint.protocol}//${options.bucket}.${endpoint.host}`;
  }
  return `https://${options.bucket}.s3.${options.region}.${domainOf(options.region ?? "")}`;
}

/** The domain of a region's partition, such as `amazonaws.com.cn` for China. */
function domainOf(region: string): string {
  if (region.startsWith("cn-")) return "amazonaws.com.cn";
  return region.startsWith("eusc-") ? "amazonaws.eu" : "amazonaws.com";
}
