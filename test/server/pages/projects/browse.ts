import { paths } from "../../../../protocol/paths.ts";
import { type PushedProject } from "../../pushed-project.ts";

/** What a signed-in browser, or anybody, gets. */
export function browse(project: PushedProject, cookie?: string) {
  const headers = { accept: "text/html", ...(cookie === undefined ? {} : { cookie }) };
  return (path: string) => project.call("GET", path, undefined, headers);
}

export async function signedIn(project: PushedProject) {
  const { url } = (await project.own("POST", paths.signInLinks)) as { url: string };
  const response = await project.call("GET", new URL(url).pathname);
  return browse(project, response.headers.get("set-cookie")!.split(";")[0]);
}
