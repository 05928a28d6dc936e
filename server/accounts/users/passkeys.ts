import { isIP } from "node:net";
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from "@simplewebauthn/server";
import { ApiError } from "../../../protocol/deferred-error.ts";
import type { Database } from "../../database/database.ts";
import { fromJson, toJson } from "../../database/json.ts";
import type { Challenges } from "./challenges.ts";
import type { User } from "./users.ts";

export interface PasskeyView {
  id: string;
  name: string;
  createdAt: number;
  usedAt: number | null;
}

export interface PasskeysDeps {
  database: Database;
  challenges: Challenges;
  /** The server's public URL. */
  url: string;
  now: () => number;
}

const MAX_PASSKEYS = 20;
/** EdDSA, ES256, RS256 in COSE. The library would ask Node about others, and Node would print a warning. */
const ALGORITHMS = [-8, -7, -257];
/** Loaded on demand: it costs a start 140 ms of processor time and 22 MB. */
const load = () => import("@simplewebauthn/server");

/**
 * Why browsers offer no passkeys at this URL; undefined where they do. A passkey belongs to a host name, never to an
 * IP address, and browsers offer it on https and on localhost.
 */
export function passkeysMissing(url: string): "address" | "http" | undefined {
  const { protocol, hostname } = new URL(url);
  if (isIP(hostname.replace(/^\[(.*)\]$/, "$1")) !== 0) return "address";
  const isLocal = hostname === "localhost" || hostname.endsWith(".localhost");
  return protocol === "https:" || isLocal ? undefined : "http";
}

/** Registers passkeys and signs in with them (WebAuthn level 3). */
export function createPasskeys({ database, challenges, url, now }: PasskeysDeps) {
  const { queries, write } = database;
  const { hostname: rpID, origin } = new URL(url);
  const rp = { expectedOrigin: origin, expectedRPID: rpID } as const;
  const purposeOf = (user: User) => `register ${user.id}`;

  const list = async (user: string): Promise<PasskeyView[]> => {
    const rows = queries.selectFrom("passkeys").where("user", "=", user).orderBy("created_at");
    const found = await rows.select(["id", "name", "created_at", "used_at"]).execute();
    return found.map((row) => ({
      ...{ id: row.id, name: row.name, createdAt: row.created_at, usedAt: row.used_at },
    }));
  };

  return {
    missing: passkeysMissing(url),

    list,

    /** Options of `navigator.credentials.create`. */
    async registration(user: User): Promise<PublicKeyCredentialCreationOptionsJSON> {
      const { generateRegistrationOptions } = await load();
      const existing = await list(user.id);
      if (existing.length >= MAX_PASSKEYS) {
        throw new ApiError("passkey_refused", `An account has at most ${MAX_PASSKEYS} passkeys.`);
      }
      return generateRegistrationOptions({
        ...{
          rpID,
          rpName: "Deferred Runner",
          attestationType: "none",
          supportedAlgorithmIDs: ALGORITHMS,
        },
        userID: new TextEncoder().encode(user.id),
        userName: user.email ?? user.name,
        userDisplayName: user.name,
        challenge: new Uint8Array(Buffer.from(challenges.issue(purposeOf(user)), "base64url")),
        excludeCredentials: existing.map(({ id }) => ({ id })),
        // A passkey signs in by itself: the device has to know its owner and to find the key without a name.
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
      });
    },

    /** Stores a new passkey. Throws `passkey_refused`. */
    async add(user: User, response: RegistrationResponseJSON, name: string): Promise<void> {
      const { verifyRegistrationResponse } = await load();
      const { registrationInfo } = await verifyRegistrationResponse({
        ...{ ...rp, response, supportedAlgorithmIDs: ALGORITHMS },
        expectedChallenge: (challenge) =>
          challenges.isOpen(challenge, purposeOf(user)) && challenges.use(challenge),
      }).catch(refuse);
      if (!registrationInfo) throw new ApiError("passkey_refused");
      const { id, publicKey, counter } = registrationInfo.credential;
      const row = {
        ...{ id, user: user.id, counter, created_at: now(), used_at: null, name },
        public_key: Buffer.from(publicKey).toString("base64url"),
        transports: toJson(response.response.transports ?? []),
      };
      const stored = await queries
        .insertInto("passkeys")
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (!stored.numInsertedOrUpdatedRows) {
        throw new ApiError("passkey_refused", "The passkey is registered already.");
      }
    },

    /** Options of `navigator.credentials.get`. They name no passkey, so they tell nobody who exists. */
    async request(): Promise<PublicKeyCredentialRequestOptionsJSON> {
      const { generateAuthenticationOptions } = await load();
      return generateAuthenticationOptions({
        rpID,
        challenge: new Uint8Array(Buffer.from(challenges.issue("sign in"), "base64url")),
        userVerification: "required",
      });
    },

    /** The id of the user whose passkey answered. Throws `passkey_refused`. */
    async verify(response: AuthenticationResponseJSON): Promise<string> {
      const { verifyAuthenticationResponse } = await load();
      const found = await queries
        .selectFrom("passkeys")
        .selectAll()
        .where("id", "=", response.id)
        .executeTakeFirst();
      if (!found) throw new ApiError("passkey_refused", "This server does not know the passkey.");
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        ...{ ...rp, response },
        expectedChallenge: (challenge) => challenges.isOpen(challenge, "sign in"),
        credential: {
          id: found.id,
          publicKey: new Uint8Array(Buffer.from(found.public_key, "base64url")),
          counter: found.counter,
          transports: fromJson(found.transports) as [],
        },
      }).catch(refuse);
      const { challenge } = JSON.parse(
        Buffer.from(response.response.clientDataJSON, "base64url").toString(),
      ) as { challenge: string };
      if (!verified || !challenges.use(challenge)) throw new ApiError("passkey_refused");
      await queries
        .updateTable("passkeys")
        .set({ counter: authenticationInfo.newCounter, used_at: now() })
        .where("id", "=", found.id)
        .execute();
      return found.user;
    },

    async rename(user: string, id: string, name: string): Promise<boolean> {
      const { numUpdatedRows } = await queries
        .updateTable("passkeys")
        .set({ name })
        .where("user", "=", user)
        .where("id", "=", id)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    remove: async (user: string, id: string): Promise<boolean> =>
      write(async (trx) => {
        const { numDeletedRows } = await trx
          .deleteFrom("passkeys")
          .where("user", "=", user)
          .where("id", "=", id)
          .executeTakeFirst();
        return numDeletedRows === 1n;
      }),
  };
}

/** The library throws a sentence for each check that fails. */
function refuse(cause: unknown): never {
  throw new ApiError("passkey_refused", (cause as Error).message, { cause });
}
