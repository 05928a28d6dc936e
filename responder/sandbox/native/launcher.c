#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "launcher.h"

// Starts sandboxes for the responder: `launcher FOLDER FILTER OPTION...`. It builds the tree that all of them share,
// listens on FOLDER/launcher.sock and forks for each connection. The connection becomes the control channel of the
// sandbox's program, and its status channel tells of errors, the first process, and the end.

enum { MAX_REQUEST = 1 << 20, MAX_FIELDS = 4096, BACKLOG = 128, SHORT_WAIT_US = 10000 };

static int failures_to = 2;

void report_failures_to(int descriptor) { failures_to = descriptor; }

void fail(const char *what) {
  dprintf(failures_to, "failed %s: %s\n", what, strerror(errno));
  _exit(1);
}

static void read_all(int from, void *to, size_t size) {
  for (size_t got = 0; got < size;) {
    ssize_t part = read(from, (char *)to + got, size - got);
    if (part < 0 && errno == EINTR) continue;
    if (part <= 0) fail("read the request");
    got += part;
  }
}

/** The fields up to an empty one. */
static char **take_list(char ***fields) {
  char **list = *fields;
  while (**fields && ***fields) ++*fields;
  if (**fields == NULL) {
    errno = EINVAL;
    fail("the request's lists");
  }
  *(*fields)++ = NULL;
  return list;
}

/** A number from 0 to `most`, of digits alone. */
static long read_number(const char *text, long most) {
  char *end;
  errno = 0;
  const long number = strtol(text, &end, 10);
  if (errno == 0 && *text >= '0' && *text <= '9' && *end == 0 && number <= most) return number;
  errno = EINVAL;
  fail("the request's numbers");
}

/** Root's sandboxes have another user, always: as root a program would own the host's files. */
static long read_uid(const char *text) {
  const int is_own = strcmp(text, "-1") == 0;
  const long uid = is_own ? -1 : read_number(text, INT_MAX);
  if (uid != 0 && is_own == (getuid() != 0)) return uid;
  errno = EPERM;
  fail("the request's user");
}

struct request read_request(int connection) {
  uint32_t size;
  read_all(connection, &size, sizeof size);
  errno = EMSGSIZE;
  if (size == 0 || size > MAX_REQUEST) fail("the request's size");
  char *text = malloc(size);
  static char *fields[MAX_FIELDS + 1];
  read_all(connection, text, size);
  errno = EINVAL;
  if (text[size - 1] != 0) fail("the request's end");
  size_t count = 0;
  for (char *at = text; at < text + size; at += strlen(at) + 1) {
    if (count == MAX_FIELDS) fail("the request's fields");
    fields[count++] = at;
  }
  if (count < 8) fail("the request's fields");
  char **at = fields + 5;
  struct request request = {
      .status_path = fields[0],
      .stdout_path = fields[1],
      .stderr_path = fields[2],
      .uid = read_uid(fields[3]),
      .descriptors = read_number(fields[4], INT_MAX),
  };
  request.joins = take_list(&at);
  request.argv = take_list(&at);
  request.env = take_list(&at);
  if (request.argv[0] == NULL) fail("the request's program");
  return request;
}

static struct filter read_filter(const char *path) {
  struct stat stat_of;
  if (*path == 0) return (struct filter){0};
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0 || fstat(file, &stat_of) < 0) fail(path);
  const size_t length = stat_of.st_size / sizeof(struct sock_filter);
  if (length == 0 || length > BPF_MAXINSNS) fail(path);
  struct filter filter = {.length = length, .instructions = malloc(stat_of.st_size)};
  read_all(file, filter.instructions, stat_of.st_size);
  close(file);
  return filter;
}

/** Another user than root may mount in a user namespace of its own. */
static void enter_own_namespaces(void) {
  const unsigned uid = getuid(), gid = getgid();
  if (uid == 0) {
    if (unshare(CLONE_NEWNS) < 0) fail("unshare");
    return;
  }
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) fail("unshare");
  const char *const files[] = {"/proc/self/setgroups", "/proc/self/uid_map", "/proc/self/gid_map"};
  char texts[3][64] = {"deny"};
  snprintf(texts[1], sizeof texts[1], "%u %u 1", uid, uid);
  snprintf(texts[2], sizeof texts[2], "%u %u 1", gid, gid);
  for (int i = 0; i < 3; i++) {
    int file = open(files[i], O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, texts[i], strlen(texts[i])) < 0) fail(files[i]);
    close(file);
  }
}

/** In the working directory: its path may be too long for an address. */
static int listen_here(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "launcher.sock"};
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
      listen(listener, BACKLOG) < 0)
    fail("listen");
  return listener;
}

static int is_ours(int connection) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == getuid();
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fputs("usage: launcher FOLDER FILTER OPTION...\n", stderr);
    return 2;
  }
  char **options = argv + 3;
  static char tree[PATH_MAX];
  if (snprintf(tree, sizeof tree, "%s/root", argv[1]) >= (int)sizeof tree) return 2;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) fail("PDEATHSIG");
  const struct filter filter = read_filter(argv[2]);
  enter_own_namespaces();
  umask(022);
  if (chdir(argv[1]) < 0 || mkdir(tree, 0755) < 0) fail(tree);
  build_template(tree, options);
  const int listener = listen_here();
  const pid_t launcher = getpid();
  if (chdir(tree) < 0) fail(tree);
  // The kernel reaps its children.
  signal(SIGCHLD, SIG_IGN);
  if (write(1, "ready\n", 6) != 6) fail("report");
  for (;;) {
    const int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      const int is_short = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      if (!is_short) fail("accept");
      // Its death would end all sandboxes. The connection waits until the host has room again.
      usleep(SHORT_WAIT_US);
      continue;
    }
    if (!is_ours(connection)) {
      close(connection);
      continue;
    }
    const pid_t child = fork();
    if (child == 0) {
      close(listener);
      run_sandbox(launcher, connection, options, filter);
    }
    close(connection);
  }
}
