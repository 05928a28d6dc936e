import type { Hono } from "hono";
import type { Access } from "../accounts/access.ts";
import { createNotices, type Notices, type NoticesDeps } from "./notices.ts";
import { createPostOffice } from "./channels/post-office.ts";
import { noticeRoutes } from "./routes.ts";

export interface NoticesPartDeps extends Omit<NoticesDeps, "postOffice"> {
  access: Access;
  /** Mail server, with user and password; absent: no mails are sent. */
  smtpUrl: string | undefined;
  /** `Name <address>` that mails come from; absent: made from the server's URL. */
  mailFrom: string | undefined;
}

export interface NoticesPart {
  notices: Notices;
  routes: Hono;
}

/** Notifies people and other systems how runs ended. */
export async function createNoticesPart(deps: NoticesPartDeps): Promise<NoticesPart> {
  const { access, smtpUrl, mailFrom, url, allowPrivate } = deps;
  const postOffice = smtpUrl ? await createPostOffice({ smtpUrl, from: mailFrom, url }) : undefined;
  const notices = createNotices({ ...deps, postOffice });
  return { notices, routes: noticeRoutes({ notices, access, allowPrivate }) };
}
