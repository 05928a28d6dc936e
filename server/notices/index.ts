import type { Hono } from "hono";
import type { Access } from "../accounts/access.ts";
import type { Mailer } from "../mail/mailer.ts";
import { createNotices, type Notices, type NoticesDeps } from "./notices.ts";
import { createPostOffice } from "./channels/post-office.ts";
import { noticeRoutes } from "./routes.ts";

export interface NoticesPartDeps extends Omit<NoticesDeps, "postOffice"> {
  access: Access;
  /** Absent: no mails are sent. */
  mailer: Mailer | undefined;
}

export interface NoticesPart {
  notices: Notices;
  routes: Hono;
}

/** Notifies people and other systems how runs ended. */
export function createNoticesPart(deps: NoticesPartDeps): NoticesPart {
  const { access, mailer } = deps;
  const postOffice = mailer && createPostOffice(mailer);
  const notices = createNotices({ ...deps, postOffice });
  return { notices, routes: noticeRoutes({ notices, access }) };
}
