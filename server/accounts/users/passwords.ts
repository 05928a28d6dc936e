import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { ApiError } from "../../../protocol/deferred-error.ts";

export type Passwords = ReturnType<typeof createPasswords>;

/** OWASP's first choice: 19 MiB and 2 passes, 40 ms of one processor. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 };
const SALT_BYTES = 16;
const TAG_BYTES = 32;
/** Hashes at once: libuv's pool of 4 threads also reads files. */
const AT_ONCE = 2;
/** Callers that may wait for a hash: two seconds of work. */
const MAX_WAITING = 100;

const derive = promisify(argon2);

/**
 * Hashes passwords with argon2id, off the main thread. Both functions throw `overloaded` if too many callers wait.
 */
export function createPasswords({ maxWaiting = MAX_WAITING } = {}) {
  const waiting: (() => void)[] = [];
  let active = 0;

  async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (active >= AT_ONCE) {
      if (waiting.length >= maxWaiting) {
        throw new ApiError("overloaded", "Many people sign in right now.", { retryAfterS: 2 });
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      active++;
    }
    try {
      return await work();
    } finally {
      // The turn is handed on, so that nobody overtakes those who wait.
      const next = waiting.shift();
      if (next) next();
      else active--;
    }
  }

  return {
    /** The password's hash as a PHC string, which names its algorithm and cost. */
    hash(password: string): Promise<string> {
      return inTurn(async () => {
        const salt = randomBytes(SALT_BYTES);
        return encode({ ...COST, salt, tag: await tagOf(password, { ...COST, salt }) });
      });
    },

    /** Whether the password fits. Without a hash it takes the same time, and is false. */
    verify(hash: string | null | undefined, password: string): Promise<boolean> {
      return inTurn(async () => {
        const stored = hash ? decode(hash) : undefined;
        const { tag, ...cost } = stored ?? noPasswords();
        return timingSafeEqual(await tagOf(password, cost), tag);
      });
    },
  };
}

interface Cost {
  /** KiB. */
  memory: number;
  passes: number;
  parallelism: number;
  salt: Buffer;
}

interface Hash extends Cost {
  tag: Buffer;
}

function tagOf(password: string, { memory, passes, parallelism, salt }: Cost): Promise<Buffer> {
  // The same password may be typed as different code points on another device.
  const message = password.normalize("NFKC");
  return derive("argon2id", {
    ...{ message, nonce: salt, tagLength: TAG_BYTES },
    ...{ memory, passes, parallelism },
  });
}

/** A hash that no password fits, at today's cost. */
function noPasswords(): Hash {
  return { ...COST, salt: randomBytes(SALT_BYTES), tag: randomBytes(TAG_BYTES) };
}

function encode({ memory, passes, parallelism, salt, tag }: Hash): string {
  const [nonce, digest] = [salt, tag].map((bytes) => bytes.toString("base64").replace(/=+$/, ""));
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${nonce}$${digest}`;
}

function decode(hash: string): Hash {
  const parts = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]{43})$/.exec(hash);
  if (!parts) throw new Error("The password's hash is of another kind.");
  const [memory, passes, parallelism] = parts.slice(1, 4).map(Number);
  return {
    ...{ memory: memory!, passes: passes!, parallelism: parallelism! },
    salt: Buffer.from(parts[4]!, "base64"),
    tag: Buffer.from(parts[5]!, "base64"),
  };
}
