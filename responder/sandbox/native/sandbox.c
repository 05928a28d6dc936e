#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.h"

static const int NAMESPACES = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                              CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
/** The user and group that a program sees itself as. */
static const int INSIDE_ID = 1000;

static void write_to(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0 || write(file, text, strlen(text)) < 0) fail(path);
  close(file);
}

static void move_to(int from, int to) {
  if (from < 0) fail("open");
  if (from == to) return;
  if (dup2(from, to) < 0) fail("dup2");
  close(from);
}

/** Programs can't gain capabilities from files. */
static void drop_bounding_set(void) {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
    if (prctl(PR_CAPBSET_DROP, capability) < 0) fail("the bounding set");
}

static void drop_capabilities(void) {
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) fail("ambient capabilities");
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[2] = {0};
  if (syscall(SYS_capset, &header, none) < 0) fail("capset");
}

static void limit(int resource, rlim_t value) {
  struct rlimit both = {value, value};
  if (setrlimit(resource, &both) == 0) return;
  // Not above what the host allows.
  if (getrlimit(resource, &both) < 0) fail("getrlimit");
  both.rlim_cur = both.rlim_max;
  if (setrlimit(resource, &both) < 0) fail("setrlimit");
}

static void map_ids(int inside, unsigned uid, unsigned gid) {
  char map[64];
  write_to("/proc/self/setgroups", "deny");
  snprintf(map, sizeof map, "%d %u 1", inside, uid);
  write_to("/proc/self/uid_map", map);
  snprintf(map, sizeof map, "%d %u 1", inside, gid);
  write_to("/proc/self/gid_map", map);
}

static void die_with_parent(void) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) fail("PDEATHSIG");
}

static void die_with(pid_t launcher) {
  die_with_parent();
  if (getppid() != launcher) _exit(1); // It has died before.
}

static void start_loopback(void) {
  int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  if (any < 0 || ioctl(any, SIOCSIFFLAGS, &loopback) < 0) fail("loopback");
  close(any);
}

static void load(struct filter filter) {
  if (filter.length == 0) return;
  struct sock_fprog program = {.len = filter.length, .filter = filter.instructions};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) fail("seccomp");
}

/** A death by a signal looks as in a shell. */
static int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void execute(const struct request *request) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(request->argv[0], request->argv, request->env);
  dprintf(2, "%s: %s\n", request->argv[0], strerror(errno));
  _exit(127);
}

/** The sandbox's first process: prepares everything, starts the program and reaps until that has ended. */
static void be_init(const struct request *request, unsigned uid, unsigned gid,
                    int lifeline, char **options, struct filter filter) {
  die_with_parent();
  struct pollfd parent = {.fd = lifeline};
  if (poll(&parent, 1, 0) != 0) _exit(1); // It has died before.
  close(lifeline);

  // As the namespace's root, who alone may mount pseudo-terminals.
  map_ids(0, uid, gid);
  enter_root(options);
  if (sethostname("sandbox", 7) < 0) fail("sethostname");
  start_loopback();
  // The next user namespace is the last, and the mounts belong to its parent.
  write_to("/proc/sys/user/max_user_namespaces", "1");
  if (unshare(CLONE_NEWUSER) < 0) fail("unshare");
  map_ids(INSIDE_ID, 0, 0);
  // It came with a full bounding set.
  drop_bounding_set();
  drop_capabilities();
  if (chdir("/work") < 0) fail("/work");
  if (setsid() < 0) fail("setsid");
  move_to(open("/dev/null", O_RDONLY), 0);
  // Its memory is a copy of the launcher's. Where users differ, programs can't look at it.
  if (request->uid >= 0 && prctl(PR_SET_DUMPABLE, 0) < 0) fail("dumpable");
  load(filter);

  // It has no memory of its own to copy before it executes.
  pid_t program = vfork();
  if (program < 0) fail("vfork");
  if (program == 0) {
    close(STATUS);
    execute(request);
  }
  if (close_range(0, ~0U, 0) < 0) _exit(1);
  for (;;) {
    int status;
    pid_t ended = wait(&status);
    if (ended == program) _exit(code_of(status));
    if (ended < 0 && errno != EINTR) _exit(1);
  }
}

/**
 * Keeps the sandbox's mounts until we end, so that its end is told before the kernel unmounts them, which takes up to a
 * millisecond. Where that fails, as once the program runs, it is told later.
 */
static void hold_mounts(pid_t init) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/mnt", init);
  open(path, O_RDONLY | O_CLOEXEC);
}

void run_sandbox(pid_t launcher, int connection, char **options, struct filter filter) {
  // Reading the request and opening pipes may wait without end.
  die_with(launcher);
  signal(SIGCHLD, SIG_DFL);
  move_to(connection, CONTROL);
  report_failures_to(CONTROL);
  struct request request = read_request(CONTROL);
  move_to(open(request.status_path, O_WRONLY), STATUS);
  report_failures_to(STATUS);
  move_to(open(request.stdout_path, O_WRONLY), 1);
  move_to(open(request.stderr_path, O_WRONLY), 2);
  if (close_range(FIRST_FREE, ~0U, 0) < 0) fail("close_range");

  for (char **path = request.joins; *path; path++) write_to(*path, "0");
  // Should the host itself run out of memory, sandboxes go first.
  write_to("/proc/self/oom_score_adj", "1000");
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_MEMLOCK, 64 * 1024);
  limit(RLIMIT_NOFILE, request.descriptors);
  if (request.uid >= 0) {
    const unsigned id = request.uid;
    if (setgroups(0, NULL) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0)
      fail("change the user");
  }
  drop_capabilities();
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) fail("no_new_privs");
  // The kernel gives the files of its own /proc to root once the user has changed.
  if (prctl(PR_SET_DUMPABLE, 1) < 0) fail("dumpable");
  // A change of the user clears it.
  die_with(launcher);

  int lifeline[2];
  if (pipe(lifeline) < 0) fail("pipe");
  // Inside they can't be told before they are mapped.
  const unsigned uid = getuid(), gid = getgid();
  const pid_t init = syscall(SYS_clone, NAMESPACES | SIGCHLD, 0, 0, 0, 0);
  if (init < 0) fail("new namespaces");
  if (init == 0) {
    close(lifeline[1]);
    be_init(&request, uid, gid, lifeline[0], options, filter);
  }
  hold_mounts(init);
  dprintf(STATUS, "pid %d\n", init);
  for (int fd = 0; fd <= CONTROL; fd++) close(fd);
  close(lifeline[0]);
  int status;
  while (waitpid(init, &status, 0) < 0)
    if (errno != EINTR) _exit(1);
  // The kernel reports the first process once all others of its namespace are dead.
  dprintf(STATUS, "exit %d\n", code_of(status));
  _exit(0);
}
