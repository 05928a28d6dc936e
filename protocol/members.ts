import * as v from "valibot";
import { SlugSchema } from "./claims.ts";
import { RoleSchema } from "./roles.ts";

const MemberSchema = v.object({
  /** The user's id. */
  user: v.string(),
  name: v.string(),
  /** Null: none, or the caller is no owner of the project. */
  email: v.nullable(v.string()),
  role: RoleSchema,
  since: v.string(),
});
export type Member = v.InferOutput<typeof MemberSchema>;
export const MemberListSchema = v.object({ members: v.array(MemberSchema) });

export const ChangeMemberSchema = v.strictObject({ role: RoleSchema });

/** An invitation that nobody has accepted yet. */
const InvitationSchema = v.object({
  id: v.string(),
  project: SlugSchema,
  role: RoleSchema,
  /** The name of who made it. */
  invited_by: v.string(),
  expires_at: v.string(),
});
export type Invitation = v.InferOutput<typeof InvitationSchema>;
export const InvitationListSchema = v.object({ invitations: v.array(InvitationSchema) });

export const InviteSchema = v.strictObject({
  role: RoleSchema,
  /** Where to send the link, if the server sends mails. */
  email: v.optional(v.pipe(v.string(), v.email(), v.maxLength(254))),
});

/** The answer that has the link; no other has it. */
export const MadeInvitationSchema = v.object({
  ...InvitationSchema.entries,
  url: v.string(),
  /** Whether a mail with the link is on its way. */
  mailed: v.boolean(),
});
export type MadeInvitation = v.InferOutput<typeof MadeInvitationSchema>;
