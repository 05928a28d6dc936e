import type { Role } from "../../../protocol/roles.ts";
import type { Json } from "../json.ts";

/** A person. */
export interface UsersTable {
  id: string;
  /** Lower case. Null: none was given. */
  email: string | null;
  /** When a link in a mail to `email` was opened; null: not yet. */
  email_verified_at: number | null;
  name: string;
  /** PHC string of the hash; null: no password. */
  password: string | null;
  /** 1: the server's owner, who may do everything. One user is. */
  owner: number;
  created_at: number;
}

/** An account elsewhere that signs a user in. */
interface IdentitiesTable {
  provider: "github";
  /** The provider's own id of the account, which outlives changes of its name. */
  subject: string;
  user: string;
  /** The account's name when it was last used. */
  login: string;
  created_at: number;
}

interface PasskeysTable {
  /** The credential's id, base64url. */
  id: string;
  user: string;
  /** COSE key, base64url. */
  public_key: string;
  /** How often the authenticator says it was used; 0 if it does not count. */
  counter: number;
  transports: Json<string[]>;
  name: string;
  created_at: number;
  used_at: number | null;
}

/** The purpose of a link in a mail: to create an account, choose a new password, or confirm an address. */
export type UserLinkPurpose = "sign-up" | "reset" | "email";

/** Single-use links in mails. */
export interface UserLinksTable {
  hash: string;
  purpose: UserLinkPurpose;
  /** Null if the link creates the user. */
  user: string | null;
  /** Where the mail went. */
  email: string;
  /** Path of the page to show afterwards. */
  back: string | null;
  expires_at: number;
}

/** A user's role in a project. */
interface MembersTable {
  project: string;
  user: string;
  role: Role;
  since: number;
}

/** A link that makes who follows it a member. */
export interface InvitationsTable {
  id: string;
  hash: string;
  project: string;
  role: Role;
  /** The name of who made it. */
  invited_by: string;
  /** Who made it; null: the owner's token. It ends with their right to invite. */
  user: string | null;
  expires_at: number;
}

export interface UserTables {
  members: MembersTable;
  invitations: InvitationsTable;
  users: UsersTable;
  identities: IdentitiesTable;
  passkeys: PasskeysTable;
  user_links: UserLinksTable;
}
