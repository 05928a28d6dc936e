import type { S3StorageOptions } from "./s3.ts";

/** Where a bucket's objects are read without a signature. */
export function publicUrlOf(options: Omit<S3StorageOptions, "credentials">): string {
  if (options.endpoint) {
    const endpoint = new URL(options.endpoint);
    if (options.pathStyle) return `${endpoint.origin}/${options.bucket}`;
    return `${endpoint.protocol}//${options.bucket}.${endpoint.host}`;
  }
  return `https://${options.bucket}.s3.${options.region}.${domainOf(options.region ?? "")}`;
}

/** The partitions that are AWSs of their own have domains of their own. */
function domainOf(region: string): string {
  if (region.startsWith("cn-")) return "amazonaws.com.cn";
  return region.startsWith("eusc-") ? "amazonaws.eu" : "amazonaws.com";
}
