import { describe, expect, test } from "vitest";
import { isPublicAddress } from "../../../protocol/addresses.ts";
import { repositoryUrl } from "../../../server/projects/repository-url.ts";

const names: Record<string, string[]> = {
  "git.example": ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
  "inside.example": ["10.1.2.3"],
  "half.example": ["93.184.215.14", "192.168.0.7"],
};

/** What is kept of a URL, or the code and sentence by which it is refused. */
async function kept(url: string, allowPrivate = false): Promise<string> {
  const lookup = async (name: string) => {
    if (!names[name]) throw new Error("ENOTFOUND");
    return names[name].map((address) => ({ address }));
  };
  return repositoryUrl(url, { allowPrivate, lookup }).catch((error: Error) => error.message);
}

describe("a repository", () => {
  test.each([
    "https://git.example/ada/app.git",
    "https://git.example:8443/ada/app",
    "http://git.example/ada/app.git",
    "ssh://git@git.example/ada/app.git",
    "ssh://git.example:2222/ada/app.git",
    "git@git.example:ada/app.git",
    "https://93.184.215.14/app.git",
    "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/app.git",
    "https://not-found-now.example/app.git",
  ])("is taken at %s", async (url) => {
    expect(await kept(url)).toBe(url);
  });

  test.each([
    "git.example/ada/app",
    "/srv/git/app.git",
    "ext::sh -c touch% /tmp/x",
    "ext::sh",
    "fd::17",
    "git://git.example/app.git",
    "ftp://git.example/app.git",
    "javascript:alert(1)",
    "--upload-pack=touch",
    "-git@git.example:app.git",
    "git@-oProxyCommand=x:app.git",
    "git@git.example:-x",
    "ssh://-oProxyCommand=x/app.git",
    "ssh://-l@git.example/app.git",
    "ssh://git.example/-x",
    "ssh://%6cocalhost/app.git",
    "https://git.example",
    "https://git.example/app.git?x=1",
    "https://git.example/app.git\nx",
    "https://git.example/a b",
    "",
  ])("is refused at %j", async (url) => {
    expect(await kept(url, true)).toMatch(/^repository_refused: /);
  });

  test("holds no credentials: they would be in logs", async () => {
    expect(await kept("https://ada:s3cret@git.example/app.git")).toContain(
      "the repository's token",
    );
    expect(await kept("https://ghp_token@git.example/app.git")).toContain("the repository's token");
    expect(await kept("ssh://git:s3cret@git.example/app.git")).toContain("deploy key");
  });

  test.each([
    "http://localhost/app.git",
    "http://LOCALHOST./app.git",
    "https://git.localhost/app.git",
    "https://metadata.google.internal/app.git",
    "http://127.0.0.1/app.git",
    "http://127.1/app.git",
    "http://2130706433/app.git",
    "http://0x7f.0.0.1/app.git",
    "http://0177.0.0.1/app.git",
    "http://0/app.git",
    "http://10.0.0.1/app.git",
    "http://100.64.0.1/app.git",
    "http://169.254.169.254/latest/meta-data",
    "http://[::1]/app.git",
    "http://[::]/app.git",
    "http://[::ffff:127.0.0.1]/app.git",
    "http://[::ffff:7f00:1]/app.git",
    "http://[::127.0.0.1]/app.git",
    "http://[64:ff9b::7f00:1]/app.git",
    "http://[fd00:ec2::254]/app.git",
    "http://[fe80::1]/app.git",
    "https://inside.example/app.git",
    "https://half.example/app.git",
    "git@127.0.0.1:app.git",
    "git@localhost:app.git",
    "git@inside.example:app.git",
    "git@[::1]:app.git",
    "ssh://git@127.0.0.1/app.git",
    "ssh://git@2130706433/app.git",
    "ssh://git@127.1/app.git",
    "ssh://git@[::1]/app.git",
    "file:///srv/git/app.git",
  ])("at a private address is refused unless the operator allows it: %s", async (url) => {
    expect(await kept(url)).toMatch(/^repository_refused: .*DEFERRED_ALLOW_PRIVATE/);
    expect(await kept(url, true)).not.toContain("repository_refused");
  });

  test("is kept as git will use it, so that what was checked is what is fetched", async () => {
    expect(await kept("http://0x7f.1/app.git", true)).toBe("http://127.0.0.1/app.git");
    expect(await kept("HTTPS://Git.Example/app.git")).toBe("https://git.example/app.git");
  });
});

test("addresses of the public internet are told from all others", () => {
  const open = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"];
  const closed = [
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "2002:7f00:1::",
    "::808:808",
  ];
  expect(open.filter((address) => !isPublicAddress(address))).toEqual([]);
  expect(closed.filter(isPublicAddress)).toEqual([]);
});
