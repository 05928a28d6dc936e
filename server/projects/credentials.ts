import { createPrivateKey, type KeyObject } from "node:crypto";
import type { GitHubApp } from "./github/app-token.ts";
import type { CredentialName } from "../../protocol/projects.ts";
import { ApiError } from "../../protocol/deferred-error.ts";

/**
 * A deploy key as ssh reads it from a file: an OpenSSH or PEM private key without a passphrase. Throws
 * `body_invalid`, which names the format found instead.
 */
export function deployKey(text: string): string {
  const key = `${text.replace(/\r\n?/g, "\n").trim()}\n`;
  if (/^(ssh-|ecdsa-|sk-)\S+ |^-----BEGIN [A-Z ]*PUBLIC KEY-----/.test(key)) {
    throw invalid("It is a public key: send the private one, and register this one where it is.");
  }
  if (key.startsWith("PuTTY-User-Key-File")) {
    throw invalid("It is PuTTY's: export it as an OpenSSH key.");
  }
  const openssh = /^-----BEGIN OPENSSH PRIVATE KEY-----\n([\s\S]+)\n-----END/.exec(key);
  if (openssh) checkOpenSsh(Buffer.from(openssh[1]!, "base64"));
  else checkPem(key);
  return key;
}

/** Parses `user:token`. Throws `body_invalid`. */
export function repositoryToken(text: string): { user: string; token: string } {
  const [, user, token] = /^([^:\p{Cc}]+):([^\p{Cc}]+)$/u.exec(text.trim()) ?? [];
  if (user === undefined || token === undefined) {
    throw new ApiError(
      "body_invalid",
      "repository_token: write it as user:token; on GitHub the user is x-access-token, on GitLab oauth2.",
    );
  }
  return { user, token };
}

/** Checks that a token is valid in a header. Throws `body_invalid`. */
export function headerToken(field: CredentialName, text: string): string {
  const token = text.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new ApiError("body_invalid", `${field}: it is one word of ASCII letters.`);
  }
  return token;
}

/** An App's id, and the RSA key that GitHub made for it, in PEM. Throws `body_invalid`. */
export function gitHubApp(given: GitHubApp): GitHubApp {
  const wrong = (why: string, cause?: unknown) => {
    const error = new ApiError("body_invalid", `github_app: ${why}`);
    error.cause = cause;
    return error;
  };
  const id = given.id.trim();
  if (!/^[A-Za-z0-9.]+$/.test(id)) {
    throw wrong("The id is the App ID or the client ID that its settings on GitHub show.");
  }
  const pem = `${given.private_key.replace(/\r\n?/g, "\n").trim()}\n`;
  const how = "Send the .pem file that GitHub made under Private keys, in the App's settings.";
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw wrong(`It is no PEM private key without a passphrase. ${how}`, error);
  }
  if (key.asymmetricKeyType !== "rsa" || key.asymmetricKeyDetails!.modulusLength! < 2048) {
    throw wrong(`It is no RSA key of 2048 bits or more. ${how}`);
  }
  return { id, private_key: pem };
}

/** Refuses encrypted keys by the cipher in their header, which is `none` without a passphrase. */
function checkOpenSsh(bytes: Buffer): void {
  const magic = "openssh-key-v1\0";
  if (bytes.subarray(0, magic.length).toString("latin1") !== magic) throw invalid(NO_KEY);
  let at = magic.length;
  const next = () => {
    const length = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : Infinity;
    if (at + 4 + length > bytes.length) throw invalid("Its end is missing: copy all of the file.");
    const text = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return text;
  };
  const cipher = next().toString();
  if (cipher !== "none") throw invalid(HAS_PASSPHRASE);
  next(); // Key derivation function: unused without a passphrase.
  next(); // Its options.
  at += 4; // The number of keys: always one.
  next(); // The public key.
  next(); // The private key.
}

function checkPem(key: string): void {
  try {
    createPrivateKey(key);
  } catch (error) {
    const encrypted = key.includes("ENCRYPTED");
    throw invalid(encrypted ? HAS_PASSPHRASE : NO_KEY, error);
  }
}

const NO_KEY = "It is no OpenSSH or PEM private key: make one with ssh-keygen -t ed25519 -N ''.";
const HAS_PASSPHRASE =
  "It has a passphrase: make a key of its own for this, with ssh-keygen -t ed25519 -N ''.";

function invalid(why: string, cause?: unknown): ApiError {
  const error = new ApiError("body_invalid", `deploy_key: ${why}`);
  if (cause !== undefined) error.cause = cause;
  return error;
}
