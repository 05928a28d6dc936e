import type { Selectable } from "kysely";
import type { Database, Queries } from "../../database/database.ts";
import { newId } from "../../database/ids.ts";
import type { UsersTable } from "../../database/tables/users.ts";
import type { Passwords } from "./passwords.ts";

export type Users = ReturnType<typeof createUsers>;

export interface User {
  id: string;
  name: string;
  email: string | null;
  emailVerified: boolean;
  hasPassword: boolean;
  /** May do everything on this server. */
  owner: boolean;
}

export interface NewUser {
  name: string;
  email: string | null;
  /** A link in a mail to the address was opened, or a provider says so. */
  emailVerified: boolean;
  password?: string;
}

/** People who may sign in. */
export function createUsers({
  database: { queries, write },
  passwords,
  now,
}: {
  database: Database;
  passwords: Passwords;
  now: () => number;
}) {
  const rowBy = (column: "id" | "email", value: string) =>
    queries.selectFrom("users").selectAll().where(column, "=", value).executeTakeFirst();

  const setOf = (id: string, values: Partial<UsersTable>) =>
    queries.updateTable("users").set(values).where("id", "=", id).executeTakeFirst();

  return {
    async find(id: string): Promise<User | undefined> {
      const row = await rowBy("id", id);
      return row && userOf(row);
    },

    async findByEmail(email: string): Promise<User | undefined> {
      const row = await rowBy("email", email);
      return row && userOf(row);
    },

    /** Undefined if another user has the address. */
    async create({ name, email, emailVerified, password }: NewUser): Promise<User | undefined> {
      const hash = password === undefined ? null : await passwords.hash(password);
      return write(async (trx) => {
        if (email !== null && (await isTaken(trx, email))) return undefined;
        const row = {
          ...{ id: newId(), email, name, password: hash, owner: 0, created_at: now() },
          email_verified_at: email !== null && emailVerified ? now() : null,
        };
        await trx.insertInto("users").values(row).execute();
        return userOf(row);
      });
    },

    /** The server's owner, who is made at the first call. */
    async owner(): Promise<User & { isNew: boolean }> {
      return write(async (trx) => {
        const owners = trx.selectFrom("users").selectAll().where("owner", "=", 1);
        const existing = await owners.executeTakeFirst();
        if (existing) return { ...userOf(existing), isNew: false };
        const row = { ...NOBODY, id: newId(), name: "Owner", owner: 1, created_at: now() };
        await trx.insertInto("users").values(row).execute();
        return { ...userOf(row), isNew: true };
      });
    },

    /** The user whose address and password these are. It takes the same work if there is none. */
    async signIn(email: string | undefined, password: string): Promise<User | undefined> {
      const row = email === undefined ? undefined : await rowBy("email", email);
      const fits = await passwords.verify(row?.password, password);
      return fits && row ? userOf(row) : undefined;
    },

    async checkPassword(id: string, password: string): Promise<boolean> {
      const row = await rowBy("id", id);
      return passwords.verify(row?.password, password);
    },

    setName: async (id: string, name: string): Promise<void> => void (await setOf(id, { name })),

    /** False if another user has the address. */
    async setEmail(
      id: string,
      email: string,
      { verified }: { verified: boolean },
    ): Promise<boolean> {
      return write(async (trx) => {
        if (await isTaken(trx, email, id)) return false;
        await trx
          .updateTable("users")
          .set({ email, email_verified_at: verified ? now() : null })
          .where("id", "=", id)
          .execute();
        return true;
      });
    },

    async setPassword(id: string, password: string): Promise<void> {
      await setOf(id, { password: await passwords.hash(password) });
    },
  };
}

const NOBODY = { email: null, email_verified_at: null, password: null };

async function isTaken(queries: Queries, email: string, by?: string): Promise<boolean> {
  const row = await queries
    .selectFrom("users")
    .select("id")
    .where("email", "=", email)
    .executeTakeFirst();
  return row !== undefined && row.id !== by;
}

function userOf(row: Selectable<UsersTable>): User {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    emailVerified: row.email_verified_at !== null,
    hasPassword: row.password !== null,
    owner: row.owner === 1,
  };
}
