import { SYSCALLS } from "../../responder/sandbox/seccomp/syscalls.ts";

/** What an attempt is told of the host, so that it would find what it must not. */
export interface HostFacts {
  /** A process outside; its environment holds `marker`. */
  pid: number;
  marker: string;
  /** A port of the host's loopback where something listens, and an abstract socket where it does too. */
  port: number;
  abstract: string;
  /** A file that anybody on the host may read, and a folder that anybody may write to. */
  file: string;
  folder: string;
}

/** One way to get out. */
export interface Escape {
  /** The row's name: what is tried. */
  name: string;
  /** What holds it, for the table. */
  held: string;
  /**
   * Body of a Python function that returns what it got hold of, and nothing or an exception where it got
   * nothing. `H` has the `HostFacts`.
   */
  python: string;
  /** It works outside of a sandbox without doing harm: that shows that the attempt is a real one. */
  worksOutside?: true;
}

/** Every attempt to reach something outside, in the order of the table. */
export const ESCAPES: readonly Escape[] = [
  {
    name: "see a process of the host in /proc",
    held: "PID namespace, /proc of its own",
    python: `return [p for p in pids() if H["marker"] in read(f"/proc/{p}/environ") + read(f"/proc/{p}/cmdline")]`,
    worksOutside: true,
  },
  {
    name: "reach files of the host through /proc/1/root, cwd and fd",
    held: "mount namespace",
    python: `
roots = [f"/proc/{p}/{link}" for p in pids() for link in ("root", "cwd")] + [""]
return [r for r in roots if os.path.exists(r + H["file"])]`,
    worksOutside: true,
  },
  {
    name: "write kernel settings below /proc/sys",
    held: "/proc/sys belongs to nobody in it",
    python: `
got = []
for path in ("kernel/core_pattern", "kernel/modprobe", "kernel/hostname", "kernel/ns_last_pid", "vm/overcommit_memory", "user/max_user_namespaces", "fs/binfmt_misc/register"):
    try:
        value = read("/proc/sys/" + path)
        with open("/proc/sys/" + path, "w") as f: f.write(value)
        got.append(path)
    except OSError: pass
return got`,
  },
  {
    name: "read kernel memory and logs: /proc/kcore, kmsg, keys, addresses in kallsyms, dmesg",
    held: "no capability, seccomp (syslog)",
    python: `
got = []
for path in ("/proc/kcore", "/proc/kmsg", "/proc/vmcore", "/dev/kmsg", "/dev/mem", "/dev/port"):
    try:
        with open(path, "rb") as f: got.append([path, len(f.read(64))])
    except OSError: pass
symbols = [line for line in read("/proc/kallsyms").splitlines()[:50] if not line.startswith("0000000000000000")]
return got + symbols[:1] + read("/proc/keys").splitlines()`,
  },
  {
    name: "trigger the kernel's emergency keys, or lower its own chance to be killed",
    held: "no capability",
    python: `
got = []
for path, text in (("/proc/sysrq-trigger", "h"), ("/proc/self/oom_score_adj", "-1000")):
    try:
        with open(path, "w") as f: f.write(text)
        got.append(path)
    except OSError: pass
return got`,
  },
  {
    name: "map itself to another user: uid_map, gid_map, setgroups, setuid, setresuid",
    held: "one user in the user namespace, no capability",
    python: `
got = []
for path in ("uid_map", "gid_map"):
    try:
        with open("/proc/self/" + path, "w") as f: f.write("0 0 1")
        got.append(path)
    except OSError: pass
for call in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgroups([0]), lambda: os.seteuid(65534)):
    try: call(); got.append("id")
    except OSError: pass
return got`,
  },
  {
    name: "gain rights by a setuid program: su, mount, sudo, one of its own",
    held: "no_new_privs, nosuid",
    python: `
got = []
for argv in (["su", "-c", "id -u"], ["sudo", "-n", "id", "-u"], ["pkexec", "id", "-u"]):
    try:
        out = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=5, text=True).stdout
        if out.strip() == "0": got.append(argv[0])
    except OSError: pass
if subprocess.run(["mount", "-t", "tmpfs", "x", "/tmp"], capture_output=True).returncode == 0: got.append("mount")
if "CapEff:\\t0000000000000000" not in read("/proc/self/status"): got.append("capabilities")
if "NoNewPrivs:\\t1" not in read("/proc/self/status"): got.append("new privileges")
try: os.setxattr("/tmp", "security.capability", b"x" * 20); got.append("xattr")
except OSError: pass
return got`,
  },
  {
    name: "make or open a device: block, memory, console, KVM, TUN, FUSE",
    held: "no capability, /dev made from nothing",
    python: `
got = []
for kind, major, minor in ((stat.S_IFBLK, 8, 0), (stat.S_IFBLK, 259, 0), (stat.S_IFCHR, 1, 1), (stat.S_IFCHR, 5, 1)):
    try: os.mknod(f"/tmp/device-{major}-{minor}", kind | 0o600, os.makedev(major, minor)); got.append([major, minor])
    except OSError: pass
fine = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "console"}
for folder, _, names in os.walk("/dev"):
    for name in names:
        path = os.path.join(folder, name)
        if stat.S_ISBLK(os.lstat(path).st_mode) or (stat.S_ISCHR(os.lstat(path).st_mode) and name not in fine): got.append(path)
return got`,
  },
  {
    name: "mount, remount, bind or unmount, by the old calls and the new",
    held: "seccomp, no capability",
    python: `
got = []
for args in ((b"x", b"/tmp", b"tmpfs", 0, 0), (b"/", b"/tmp", 0, 4096, 0), (0, b"/", 0, 32, 0), (b"proc", b"/tmp", b"proc", 0, 0)):
    if libc.mount(*args) == 0: got.append("mount")
for path in (b"/proc", b"/tmp", b"/"):
    if libc.umount2(path, 2) == 0: got.append("umount")
if libc.syscall(NR["fsopen"], b"tmpfs", 0) >= 0: got.append("fsopen")
if libc.syscall(NR["open_tree"], -100, b"/", 1) >= 0: got.append("open_tree")
return got`,
  },
  {
    name: "change its root: chroot, pivot_root",
    held: "seccomp",
    python: `
os.makedirs("/tmp/r", exist_ok=True)
return [name for name, result in (("chroot", libc.chroot(b"/tmp/r")), ("pivot_root", libc.syscall(NR["pivot_root"], b"/tmp/r", b"/tmp/r"))) if result == 0]`,
  },
  {
    name: "nest namespaces: unshare, clone, clone3, setns, bubblewrap inside",
    held: "seccomp, --disable-userns",
    python: `
got = []
if libc.unshare(0x10000000) == 0: got.append("unshare")
child = libc.syscall(NR["clone"], 0x10000000 | 17, 0, 0, 0, 0)
if child == 0: os._exit(0)
if child > 0: got.append("clone")
if libc.syscall(NR["clone3"], 0, 0) != -1 or ctypes.get_errno() != errno.ENOSYS: got.append("clone3")
for p in pids():
    for ns in ("user", "mnt", "pid", "net"):
        try: fd = os.open(f"/proc/{p}/ns/{ns}", os.O_RDONLY)
        except OSError: continue
        if libc.setns(fd, 0) == 0: got.append([p, ns])
        os.close(fd)
for argv in (["unshare", "-Ur", "true"], ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]):
    try:
        if subprocess.run(argv, capture_output=True).returncode == 0: got.append(argv[0])
    except OSError: pass
return got`,
  },
  {
    name: "signal the responder: kill, pidfd, SIGIO by F_SETOWN, priorities",
    held: "PID namespace",
    python: `
got = []
for pid in (H["pid"], -H["pid"]):
    try: os.kill(pid, 0); got.append(pid)
    except OSError: pass
try: os.close(os.pidfd_open(H["pid"])); got.append("pidfd")
except OSError: pass
a, b = socket.socketpair()
try:
    fcntl.fcntl(a, fcntl.F_SETOWN, H["pid"]); got.append("F_SETOWN")
except OSError: pass
try: os.getpriority(os.PRIO_PROCESS, H["pid"]); got.append("priority")
except OSError: pass
return got`,
    worksOutside: true,
  },
  {
    name: "kill its parent, so that nobody watches it any more",
    held: "first process of a PID namespace",
    python: `
before = os.getppid()
try: os.kill(1, signal.SIGKILL)
except OSError: pass
time.sleep(0.05)
return [] if os.path.exists("/proc/1") else ["the first process is gone"]`,
  },
  {
    name: "ptrace, process_vm_readv, kcmp, pidfd_getfd on what it can name",
    held: "seccomp",
    python: `
got = []
for p in [1] + [p for p in pids() if p != os.getpid()]:
    if libc.ptrace(16, p, 0, 0) == 0: got.append(["ptrace", p])
    if libc.syscall(NR["process_vm_readv"], p, 0, 0, 0, 0, 0) == 0: got.append(["process_vm_readv", p])
    if libc.syscall(NR["kcmp"], os.getpid(), p, 0, 0, 0) >= 0: got.append(["kcmp", p])
if libc.ptrace(0, 0, 0, 0) == 0: got.append("traceme")
return got`,
  },
  {
    name: "reach sockets of the host: abstract, D-Bus, Docker, systemd, X11",
    held: "network and mount namespaces",
    python: `
got = []
for path in ("\\0" + H["abstract"], "/run/dbus/system_bus_socket", "/var/run/docker.sock", "/run/docker.sock", "/run/systemd/private", "/run/containerd/containerd.sock", "\\0/tmp/.X11-unix/X0"):
    s = socket.socket(socket.AF_UNIX)
    try: s.connect(path); got.append(path)
    except OSError: pass
return got`,
    worksOutside: true,
  },
  {
    name: "reach the host's loopback, the server there least of all",
    held: "network namespace with nothing but its own loopback",
    python: `
got = []
for host in ("127.0.0.1", "::1", "0.0.0.0", "::", "localhost"):
    try: socket.create_connection((host, H["port"]), 1).close(); got.append(host)
    except OSError: pass
return got`,
    worksOutside: true,
  },
  {
    name: "reach metadata services, private addresses and the internet",
    held: "network namespace with nothing but its own loopback",
    python: `
got = []
for host, port in (("169.254.169.254", 80), ("fd00:ec2::254", 80), ("169.254.170.2", 80), ("10.0.0.1", 22), ("172.17.0.1", 2375), ("192.168.0.1", 80), ("1.1.1.1", 53)):
    try: socket.create_connection((host, port), 1).close(); got.append(host)
    except OSError: pass
for host in ("8.8.8.8", "169.254.169.253", "224.0.0.1", "255.255.255.255"):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    try: s.sendto(b"x", (host, 53)); got.append(host)
    except OSError: pass
return got + [name for _, name in socket.if_nameindex() if name != "lo"]`,
  },
  {
    name: "sockets that no namespace holds, pairs of them too: raw, packet, vsock, Bluetooth, netlink to the firewall, TIPC",
    held: "seccomp, no capability",
    python: `
got = []
for family, kind, proto in ((2, 3, 1), (2, 3, 255), (10, 3, 58), (17, 3, 768), (40, 1, 0), (31, 3, 1), (38, 5, 0), (16, 3, 6), (16, 3, 9), (16, 3, 12), (16, 3, 15), (44, 3, 0), (15, 3, 2), (2, 1, 132), (10, 1, 262)):
    try: socket.socket(family, kind, proto); got.append([family, kind, proto])
    except OSError: pass
# Of pairs the filter itself has to answer: the kernel would load a module to say no.
for family in (2, 10, 15, 16, 17, 30, 31, 38, 40, 44):
    try: socket.socketpair(family, 1); got.append(["pair", family])
    except OSError as e:
        if e.errno != errno.EAFNOSUPPORT: got.append(["pair", family, e.errno])
a, b = socket.socketpair()
a.send(b"x")
if b.recv(1) != b"x": got.append("no pair of its own")
return got`,
  },
  {
    name: "io_uring, bpf, userfaultfd, perf, kexec, modules, keyrings, clocks, handles and every other call that is refused",
    held: "seccomp",
    python: `
calls = {name: number for name, number in NR.items() if not name.startswith("clone")}
got = []
for name, number in calls.items():
    ctypes.set_errno(0)
    if libc.syscall(number, 0, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() != errno.EPERM: got.append(name)
if len(calls) < 50: got.append("no table for this architecture")
return got`,
  },
  {
    name: "put characters into a terminal: TIOCSTI, TIOCLINUX, /dev/tty",
    held: "seccomp, a session of its own",
    python: `
got = []
for fd in (0, 1, 2):
    for request in (0x5412, 0x541C):
        if libc.ioctl(fd, request, ctypes.c_char_p(b"x")) == 0 or ctypes.get_errno() != errno.EPERM: got.append([fd, request])
try: os.close(os.open("/dev/tty", os.O_RDWR)); got.append("/dev/tty")
except OSError: pass
return got`,
  },
  {
    name: "use descriptors that were left open",
    held: "nothing but 0, 1 and 2 is passed on",
    python: `
got = []
for fd in os.listdir("/proc/self/fd"):
    try: where, kind = os.readlink("/proc/self/fd/" + fd), os.stat("/proc/self/fd/" + fd).st_mode
    except OSError: continue
    streams = where == "/dev/null" or where.startswith(("pipe:", "socket:")) or stat.S_ISFIFO(kind)
    own = int(fd) == INTO or where == f"/proc/{os.getpid()}/fd"
    if not own and (int(fd) > 2 or not streams): got.append([fd, where])
return got`,
  },
  {
    name: "find secrets in its environment or its parents'",
    held: "an environment made from nothing",
    python: `
names = lambda text: re.findall(r"(?:^|\\0)(\\w*(?:DEFERRED|AWS|TOKEN|SECRET|PASS|SSH|NPM|GIT_)\\w*)=", text)
documented = {"DEFERRED", "DEFERRED_COMMIT", "DEFERRED_RUN", "DEFERRED_REF", "DEFERRED_BRANCH", "DEFERRED_PROJECT", "DEFERRED_STATUS"}
return sorted({name for p in pids() for name in names(read(f"/proc/{p}/environ"))} - documented)`,
  },
  {
    name: "read what is the host's: shadow, home folders, keys, cloud-init, the responder's state",
    held: "mount namespace, made from nothing",
    python: `
paths = ["/etc/shadow", "/etc/gshadow", "/etc/ssh", "/etc/machine-id", "/etc/deferred", "/root", "/boot", "/sys", "/home/admin", "/var/lib/cloud", "/var/lib/dpkg", "/var/log", "/var/cache", "/run/secrets", "/opt/deferred", H["file"], H["folder"]]
return [path for path in paths if os.path.exists(path)]`,
    worksOutside: true,
  },
  {
    name: "write to anything but its own folders",
    held: "read-only root, remounted",
    python: `
own = ("/work/main.py", "/work", "/tmp", "/dev/shm", "/home/runner", "/srv", "/proc", "/var/tmp")
got = []
for folder, folders, _ in os.walk("/"):
    if folder.startswith(own): folders[:] = []; continue
    if folder.count("/") > 4: folders[:] = []
    if os.access(folder, os.W_OK):
        try: open(folder + "/x", "w").close(); got.append(folder)
        except OSError: pass
return got`,
  },
  {
    name: "make a hard link to, or open for writing, what it may only read",
    held: "mounts of their own, read-only",
    python: `
got = []
for path in ("/usr/bin/env", "/etc/passwd", "/opt/node/bin/node", "/proc/1/exe", "/proc/self/exe"):
    try: os.link(path, "/tmp/link" + path.replace("/", "-")); got.append(["link", path])
    except OSError: pass
    try: os.close(os.open(path, os.O_WRONLY)); got.append(["write", path])
    except OSError: pass
return got`,
  },
];

const { refused, clone, clone3 } = SYSCALLS[process.arch] ?? { refused: {}, clone: -1, clone3: -1 };
const PRELUDE = `
import ctypes, errno, fcntl, json, os, re, signal, socket, stat, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)
NR = json.loads('${JSON.stringify({ ...refused, clone, clone3 })}')
def read(path):
    try:
        with open(path, errors="replace") as f: return f.read(2000000)
    except OSError: return ""
def pids(): return [int(p) for p in os.listdir("/proc") if p.isdigit()]
`;

const TRY_ALL = `
for name, attempt in ATTEMPTS:
    out, into = os.pipe()
    INTO = into
    child = os.fork()
    if child == 0:
        os.close(out)
        signal.alarm(20)
        try: said = {"got": attempt() or None}
        except BaseException as e: said = {"refused": type(e).__name__ + ": " + str(e)[:200]}
        os.write(into, json.dumps(said, default=str)[:60000].encode())
        os._exit(0)
    os.close(into)
    text = b""
    while True:
        part = os.read(out, 65536)
        if not part: break
        text += part
    os.close(out)
    os.waitpid(child, 0)
    print(json.dumps([name, json.loads(text) if text else {"refused": "ended by a signal"}]), flush=True)
`;

/** A Python program that tries them one after another, each in a process of its own, and says what they got. */
export function programOf(escapes: readonly Escape[], facts: HostFacts): string {
  const functions = escapes.map(({ python }, index) => {
    const lines = python.trim().split("\n");
    return `def attempt${index}():\n${lines.map((line) => `    ${line}\n`).join("")}`;
  });
  const list = escapes.map(({ name }, index) => `(${JSON.stringify(name)}, attempt${index})`);
  // JSON in a raw string: a path of the host holds no quotes.
  const host = `H = json.loads(r'''${JSON.stringify(facts)}''')\n`;
  return `${PRELUDE}${host}${functions.join("")}ATTEMPTS = [${list.join(", ")}]\n${TRY_ALL}`;
}

/** What each attempt got, by its name; null: nothing. */
export function outcomesOf(stdout: string): Record<string, unknown> {
  const lines = stdout.trim().split("\n");
  const said = lines.map((line) => JSON.parse(line) as [string, { got?: unknown }]);
  return Object.fromEntries(said.map(([name, { got = null }]) => [name, got]));
}
