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
  /** Absent: the AWS SDK finds it in its own settings. */
  region: string | undefined;
  /** Another S3-compatible server; absent: AWS. */
  endpoint: string | undefined;
  /** Path-style addresses (`endpoint/bucket/key`), for servers that support no others. */
  pathStyle: boolean;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** Our keys are percent-encoded, as in a URL; S3 expects them decoded. */
const nameOf = (key: string) => key.split("/").map(decodeURIComponent).join("/");

/** Storage in one bucket of S3 or of an S3-compatible server. Machines get presigned requests, never credentials. */
export function createS3Storage(options: S3StorageOptions): Storage {
  const { bucket: Bucket } = options;
  const client = new S3Client({
    ...(options.region ? { region: options.region } : {}),
    ...(options.endpoint ? { endpoint: options.endpoint } : {}),
    ...(options.credentials ? { credentials: options.credentials } : {}),
    forcePathStyle: options.pathStyle,
    // Bounded, since runs wait for the answers.
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
          // Sent with its length: some servers refuse streamed bodies.
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
      // The signature covers only the headers that are named here.
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

    async read(key) {
      const get = new GetObjectCommand({ Bucket, Key: nameOf(key) });
      const object = await client.send(get).catch(unlessMissing);
      return object?.Body?.transformToWebStream();
    },

    async stat(key): Promise<StoredFacts | undefined> {
      const command = new HeadObjectCommand({ Bucket, Key: nameOf(key), ChecksumMode: "ENABLED" });
      const head = await client.send(command).catch(unlessMissing);
      if (!head) return undefined;
      return {
        size: head.ContentLength ?? 0,
        type: head.ContentType ?? "application/octet-stream",
        // Some servers do not store the digest.
        sha256: head.ChecksumSHA256 && Buffer.from(head.ChecksumSHA256, "base64").toString("hex"),
      };
    },

    async remove(prefix) {
      await client.send(new DeleteObjectCommand({ Bucket, Key: nameOf(prefix) }));
      for (;;) {
        const listed = await client.send(
          new ListObjectsV2Command({ Bucket, Prefix: `${nameOf(prefix)}/` }),
        );
        const names = (listed.Contents ?? []).map(({ Key }) => Key);
        if (names.length === 0) return;
        // One by one: for DeleteObjects some servers require a digest that the SDK no longer sends.
        const remove = (Key: string | undefined) =>
          client.send(new DeleteObjectCommand({ Bucket, Key }));
        await Promise.all(names.map(remove));
      }
    },
  };
}

/** An object that is not there is no error. */
function unlessMissing(error: unknown): undefined {
  if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return;
  throw error;
}
