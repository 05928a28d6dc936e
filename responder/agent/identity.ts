import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { parseJsonText, readOr } from "../process/read.ts";

/** The key pair by which the server recognises this machine. */
export interface MachineIdentity {
  /** base64url of the public key's 32 bytes. */
  readonly publicKey: string;
  /** base64url Ed25519 signature of a text. */
  sign(text: string): string;
}

const StoredSchema = v.object({
  machine: v.string(),
  /** The private key as a JWK. */
  key: v.object({ kty: v.literal("OKP"), crv: v.literal("Ed25519"), d: v.string(), x: v.string() }),
});

/**
 * The identity stored in `folder`, made at the first boot. An identity made on another machine is replaced: a baked
 * image or a copied disk must not pass for the machine it came from.
 */
export function loadIdentity(folder: string, machine: string): MachineIdentity {
  const path = join(folder, "identity.json");
  const stored = readStored(path);
  if (stored?.machine === machine) {
    return toIdentity(createPrivateKey({ key: { ...stored.key }, format: "jwk" }));
  }
  const { privateKey } = generateKeyPairSync("ed25519");
  const content = JSON.stringify({ machine, key: privateKey.export({ format: "jwk" }) });
  // A crash in the middle must not leave half a key.
  writeFileSync(`${path}.new`, content, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return toIdentity(privateKey);
}

function readStored(path: string): v.InferOutput<typeof StoredSchema> | undefined {
  const parsed = v.safeParse(StoredSchema, parseJsonText(readOr(path, "")));
  return parsed.success ? parsed.output : undefined;
}

function toIdentity(privateKey: KeyObject): MachineIdentity {
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  if (x === undefined) throw new TypeError("an Ed25519 key has a public part");
  return {
    publicKey: x,
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString("base64url"),
  };
}
