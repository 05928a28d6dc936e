import { accessSync, constants, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inRoot, say, SetupError, step } from "./root.mjs";

/**
 * Tools that the project needs from the machine: their Debian packages, and how to detect them.
 * Programs count only below /usr, because the sandbox shows nothing else of the machine.
 *
 * @type {Record<string, { package: string, units?: string, present: () => boolean, without: string }>}
 */
const TOOLS = {
  bubblewrap: {
    package: "bubblewrap",
    present: () => program("bwrap"),
    without: "no code can be run, for want of a sandbox",
  },
  compiler: {
    package: "gcc libc6-dev",
    present: () => program("cc"),
    without: "the launcher of sandboxes is not built, and bubblewrap starts all of them",
  },
  python: {
    package: "python3",
    present: () => program("python3"),
    without: "blocks in Python are not offered",
  },
  ruby: {
    package: "ruby",
    present: () => program("ruby"),
    without: "blocks in Ruby are not offered",
  },
  git: {
    package: "git",
    present: () => program("git"),
    without: "projects' repositories can't be checked out",
  },
  ctags: {
    package: "universal-ctags",
    present: () => program("ctags"),
    without: "churn reports know no functions",
  },
  chromium: {
    package: "chromium",
    present: () => !!process.env["CHROMIUM"] || ["chromium", "google-chrome"].some(program),
    without: "the element can't be tested in a browser",
  },
  // Ubuntu has no package of it.
  headless: {
    package: "chromium-headless-shell",
    present: () => !isDebian() || !!process.env["CHROMIUM"] || program("chromium-headless-shell"),
    without: "tests in a browser take a third longer",
  },
  // Ubuntu has no package of Firefox ESR.
  engines: {
    package: "firefox-esr webkit2gtk-driver xvfb",
    present: () => !isDebian() || ["firefox-esr", "WebKitWebDriver", "Xvfb"].every(program),
    without: "the element is tested in Chromium alone",
  },
  // The resume's PDF, and what reads it.
  documents: {
    package: "weasyprint poppler-utils",
    present: () => ["weasyprint", "pdftotext"].every(program),
    without: "blocks that make PDF files are not tested",
  },
  // OpenStack Swift: the tests use its S3 API in place of AWS's.
  swift: {
    package: "swift-proxy swift-account swift-container swift-object memcached",
    units: "memcached swift-proxy swift-account swift-container swift-object",
    present: () => ["swift-proxy-server", "swift-object-server", "memcached"].every(program),
    without: "storage on S3 is not tested",
  },
  // Services that a project's file may request.
  services: {
    // mariadb-server takes twice the time and space, only to start the service at boot.
    package: "postgresql redis-server memcached mariadb-server-core mariadb-client",
    units: "postgresql redis-server memcached",
    present: () =>
      existsSync("/usr/lib/postgresql") &&
      ["redis-server", "memcached", "mariadbd", "mariadb-admin"].every(program),
    without: "the services that projects ask for are not tested",
  },
  sinatra: {
    package: "ruby-sinatra",
    present: () => existsSync("/usr/share/doc/ruby-sinatra"),
    without: "no Sinatra app is booted in the tests",
  },
  lfs: {
    package: "git-lfs",
    present: () => program("git-lfs"),
    without: "files that Git LFS keeps are not tested",
  },
  ssh: {
    package: "openssh-server",
    units: "ssh",
    present: () => existsSync("/usr/sbin/sshd"),
    without: "deploy keys are not tested",
  },
  generators: {
    package: "hugo jekyll",
    present: () => ["hugo", "jekyll"].every(program),
    without: "the plug-ins for Hugo and Jekyll are not tested",
  },
  php: {
    package: "php-cli",
    present: () => program("php"),
    without: "the shortcode for WordPress can't be tested",
  },
  shells: {
    package: "zsh fish",
    present: () => ["zsh", "fish"].every(program),
    without: "completion is tested in bash alone",
  },
  // Tests make a blank image and boot it with its own systemd and cloud-init.
  machines: {
    package: "systemd-container mmdebstrap openssl",
    present: () => ["systemd-nspawn", "mmdebstrap", "openssl"].every(program),
    without: "the set-up of blank machines is not tested",
  },
  // Tests boot a blank image with its own kernel as well, without hardware virtualisation.
  kernels: {
    package: "user-mode-linux slirp",
    present: () => process.arch !== "x64" || ["linux.uml", "slirp-fullbolt"].every(program),
    without: "no sandbox is tested on a kernel of its own",
  },
  // Node's own builds need it and a minimal Debian lacks it.
  libatomic: {
    package: "libatomic1",
    present: () => process.platform !== "linux" || library("libatomic.so.1"),
    without: "Node does not start",
  },
};

/** @param {string[]} names */
export function missingTools(names) {
  return names.filter((name) => !TOOLS[name]?.present());
}

/**
 * Installs missing tools if the process is root on Debian or a derivative. Throws `SetupError` if a needed tool is still
 * missing; other tools only cause a warning.
 *
 * @param {string[]} missing
 * @param {string[]} needed
 */
export function provideTools(missing, needed) {
  const packages = missing.flatMap((name) => TOOLS[name]?.package.split(" ") ?? []);
  const install = `apt-get install --no-install-recommends ${packages.join(" ")}`;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    const units = missing.flatMap((name) => TOOLS[name]?.units?.split(" ") ?? []);
    aptInstall(packages, units);
  }

  const absent = missing.filter((name) => !TOOLS[name]?.present());
  for (const name of absent) {
    const tool = TOOLS[name];
    if (needed.includes(name)) {
      throw new SetupError(
        `error: ${tool?.package} is not installed, so ${tool?.without}.\nhint: sudo ${install}`,
      );
    }
    say(`warning: ${tool?.package} is not installed, so ${tool?.without} (sudo ${install}).`);
  }
}

/**
 * @param {string[]} packages
 * @param {string[]} units Services that the packages bring along; none of them is started.
 */
function aptInstall(packages, units) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const script = inRoot("setup/install-packages.sh");
  const apt = ["apt-get", "install", "-y", "-q", "--no-install-recommends", ...packages];
  const install = [script, units.join(" "), ...apt];
  const what = `installing ${packages.join(", ")} with apt-get`;
  try {
    if (!hasPackageLists()) step("reading Debian's lists of packages", "apt-get", ["update", "-q"]);
    step(what, "sh", install, env);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    // The lists may name versions that were removed from the mirror.
    try {
      step("reading Debian's lists of packages again", "apt-get", ["update", "-q"]);
      step(what, "sh", install, env);
    } catch (again) {
      if (!(again instanceof SetupError)) throw again;
      say(again.message);
    }
  }
}

function hasPackageLists() {
  try {
    return readdirSync("/var/lib/apt/lists").some((name) => name.includes("_Packages"));
  } catch {
    return false;
  }
}

function isDebian() {
  try {
    return /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}

/** @param {string} name */
function program(name) {
  return ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/bin"].some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** @param {string} name */
function library(name) {
  const triplet = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  return [`/usr/lib/${triplet}`, "/usr/lib64", "/usr/lib"].some((folder) =>
    existsSync(join(folder, name)),
  );
}
