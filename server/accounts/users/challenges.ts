import { hmac, newSecret, sameSecret } from "../../database/ids.ts";

const KEPT_MS = 5 * 60_000;

export type Challenges = ReturnType<typeof createChallenges>;

/**
 * Challenges for passkeys. They carry their own expiry and signature, so that a stranger who asks for many fills
 * neither memory nor database. `use` remembers those that a passkey has answered until they expire.
 */
export function createChallenges({ secret, now }: { secret: string; now: () => number }) {
  const used = new Map<string, number>();
  const signed = (body: string, purpose: string) => hmac(secret, "passkey", purpose, body);

  function forgetExpired(): void {
    for (const [challenge, expiresAt] of used) {
      if (expiresAt <= now()) used.delete(challenge);
    }
  }

  return {
    /** Base64url text. `purpose` names the use and the user. */
    issue(purpose: string): string {
      const body = `${now() + KEPT_MS}.${newSecret()}`;
      return Buffer.from(`${body}.${signed(body, purpose)}`).toString("base64url");
    },

    /** Whether the challenge was issued for this, is not over, and was not used. */
    isOpen(challenge: string, purpose: string): boolean {
      const [expiresAt = "", random = "", signature = ""] = Buffer.from(challenge, "base64url")
        .toString()
        .split(".");
      const genuine = sameSecret(signature, signed(`${expiresAt}.${random}`, purpose));
      return genuine && Number(expiresAt) > now() && !used.has(challenge);
    },

    /** Ends a challenge that a passkey has answered; false if another request was faster. */
    use(challenge: string): boolean {
      forgetExpired();
      if (used.has(challenge)) return false;
      used.set(challenge, now() + KEPT_MS);
      return true;
    },
  };
}
