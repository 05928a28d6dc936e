import { createHash } from "node:crypto";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { dispositionOf } from "./disposition.ts";
import type { Presigned, Storage, StoredFacts } from "./storage.ts";

export interface S3StorageOptions {
  bucket: string;
  /** Absent: what the AWS SDK finds in its own settings. */
  region: string | undefined;
  /** Another S3-compatible server; absent: AWS. */
  endpoint: string | undefined;
  /** Addresses of the form `endpoint/bucket/key`, for servers that know no other. */
  pathStyle: boolean;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** Keys are percent-encoded already, as they stand in an address; S3 wants the names themselves. */
const nameOf = (key: string) => key.split("/").map(decodeURIComponent).join("/");

/** Storage in one bucket of S3, or of a server that speaks its protocol. Credentials stay here. */
export function createS3Storage(options: S3StorageOptions): Storage {
  const { bucket: Bucket } = options;
  const client = new S3Client({
    ...(options.region ? { region: options.region } : {}),
    ...(options.endpoint ? { endpoint: options.endpoint } : {}),
    ...(options.credentials ? { credentials: options.credentials } : {}),
    forcePathStyle: options.pathStyle,
    // Runs wait for what it answers.
    requestHandler: {
      connectionTimeout: 5000,
      requestTimeout: 30_000,
      throwOnRequestTimeout: true,
    },
  });

  return {
    async put(key, body, type) {
      await client.send(
        new PutObjectCommand({
          Bucket,
          Key: nameOf(key),
          // Sent whole, with its length: streamed bodies are not taken everywhere.
          Body: body,
          ContentLength: body.length,
          ContentType: type,
          ContentDisposition: dispositionOf(key, type),
          ChecksumSHA256: createHash("sha256").update(body).digest("base64"),
        }),
      );
    },

    async presignPut(key, facts, expiresInS): Promise<Presigned> {
      const sha256 = Buffer.from(facts.sha256, "hex").toString("base64");
      const headers = {
        "content-type": facts.type,
        "content-length": String(facts.size),
        "content-disposition": dispositionOf(key, facts.type),
        "x-amz-checksum-sha256": sha256,
      };
      const command = new PutObjectCommand({
        Bucket,
        Key: nameOf(key),
        ContentType: facts.type,
        ContentLength: facts.size,
        ContentDisposition: headers["content-disposition"],
        ChecksumSHA256: sha256,
      });
      // Unless they are named here, the signature would bind none of them.
      const signed = new Set(["host", ...Object.keys(headers)]);
      const url = await getSignedUrl(client, command, {
        expiresIn: expiresInS,
        signableHeaders: signed,
        unhoistableHeaders: signed,
      });
      return { url, headers };
    },

    presignGet: (key, expiresInS) =>
      getSignedUrl(client, new GetObjectCommand({ Bucket, Key: nameOf(key) }), {
        expiresIn: expiresInS,
      }),

    async stat(key): Promise<StoredFacts | undefined> {
      try {
        const head = await client.send(
          new HeadObjectCommand({ Bucket, Key: nameOf(key), ChecksumMode: "ENABLED" }),
        );
        return {
          size: head.ContentLength ?? 0,
          type: head.ContentType ?? "application/octet-stream",
          // Not every server keeps it.
          sha256: head.ChecksumSHA256 && Buffer.from(head.ChecksumSHA256, "base64").toString("hex"),
        };
      } catch (error) {
        const missing =
          error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;
        if (missing) return undefined;
        throw error;
      }
    },

    async remove(prefix) {
      await client.send(new DeleteObjectCommand({ Bucket, Key: nameOf(prefix) }));
      for (;;) {
        const listed = await client.send(
          new ListObjectsV2Command({ Bucket, Prefix: `${nameOf(prefix)}/` }),
        );
        const names = (listed.Contents ?? []).map(({ Key }) => Key);
        if (names.length === 0) return;
        // One by one: for many at once some servers want a digest that the SDK does not send any more.
        const remove = (Key: string | undefined) =>
          client.send(new DeleteObjectCommand({ Bucket, Key }));
        await Promise.all(names.map(remove));
      }
    },
  };
}
