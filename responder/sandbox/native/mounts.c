#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher.h"

// The options are a subset of bubblewrap's, so that one list describes both: see bubblewrap/arguments.ts. Only
// `--file` differs: it copies a path, not a descriptor. What is the same for all sandboxes is mounted once, in the
// template; `--tmpfs`, `--dir`, `--proc` and the pseudo-terminals of `--dev` are fresh in each.

static const char *const DEVICES[] = {"null", "zero", "full", "random", "urandom", "tty"};
static const char *const WRITABLE_PROC[] = {"sys", "sysrq-trigger", "irq", "bus"};

struct option {
  const char *name;
  int arguments;
};

static const struct option OPTIONS[] = {
    {"--ro-bind", 2}, {"--ro-bind-try", 2}, {"--symlink", 2}, {"--file", 2}, {"--tmpfs", 1},
    {"--dir", 1},     {"--proc", 1},        {"--dev", 1},     {"--perms", 1}, {"--size", 1},
};

static int arguments_of(const char *name) {
  for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++)
    if (strcmp(name, OPTIONS[i].name) == 0) return OPTIONS[i].arguments;
  errno = EINVAL;
  fail(name);
}

static const char *join(char *buffer, const char *folder, const char *path) {
  if (snprintf(buffer, PATH_MAX, "%s%s%s", folder, *path == '/' ? "" : "/", path) >= PATH_MAX) {
    errno = ENAMETOOLONG;
    fail(path);
  }
  return buffer;
}

static void make_folders(const char *path) {
  char part[PATH_MAX];
  if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part) {
    errno = ENAMETOOLONG;
    fail(path);
  }
  for (char *at = strchr(part + 1, '/'); at; at = strchr(at + 1, '/')) {
    *at = 0;
    if (mkdir(part, 0755) < 0 && errno != EEXIST) fail(part);
    *at = '/';
  }
}

static void make_folder(const char *path) {
  make_folders(path);
  if (mkdir(path, 0755) < 0 && errno != EEXIST) fail(path);
}

/** Copies a file; without a source it is empty. */
static void make_file(const char *source, const char *path) {
  make_folders(path);
  int from = open(source ? source : "/dev/null", O_RDONLY | O_CLOEXEC);
  if (from < 0) fail(source);
  int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (to < 0) fail(path);
  char part[4096];
  ssize_t size;
  while ((size = read(from, part, sizeof part)) > 0)
    if (write(to, part, size) != size) fail(path);
  if (size < 0) fail(source);
  close(from);
  close(to);
}

/** On a mount and all below it. */
static void set_flags(const char *path, unsigned long flags) {
  struct mount_attr attributes = {.attr_set = flags};
  if (mount_setattr(AT_FDCWD, path, AT_RECURSIVE, &attributes, sizeof attributes) < 0) fail(path);
}

static void bind(const char *source, const char *target, unsigned long flags) {
  struct stat stat_of;
  if (stat(source, &stat_of) < 0) fail(source);
  if (S_ISDIR(stat_of.st_mode))
    make_folder(target);
  else
    make_file(NULL, target);
  if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) < 0) fail(target);
  set_flags(target, flags);
}

static void build_dev(const char *path) {
  char target[PATH_MAX], source[PATH_MAX];
  make_folder(path);
  if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755") < 0) fail(path);
  for (size_t i = 0; i < sizeof DEVICES / sizeof *DEVICES; i++)
    bind(join(source, "/dev", DEVICES[i]), join(target, path, DEVICES[i]),
         MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
  static const char *const links[][2] = {
      {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"},
      {"/proc/self/fd", "fd"},      {"/proc/kcore", "core"},       {"pts/ptmx", "ptmx"},
  };
  for (size_t i = 0; i < sizeof links / sizeof *links; i++)
    if (symlink(links[i][0], join(target, path, links[i][1])) < 0) fail(target);
  make_folder(join(target, path, "shm"));
  make_folder(join(target, path, "pts"));
}

void build_template(const char *folder, char **options) {
  char path[PATH_MAX];
  // The host sees no mount from here; what it unmounts is unmounted here, so that no disk is kept busy.
  if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) fail("mounts of our own");
  if (mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0) fail(folder);
  for (char **at = options; *at; at += 1 + arguments_of(*at)) {
    const char *name = at[0], *first = at[1];
    const int count = arguments_of(name);
    const char *target = count ? join(path, folder, at[count]) : NULL;
    if (strncmp(name, "--ro-bind", 9) == 0) {
      if (strcmp(name, "--ro-bind-try") == 0 && access(first, F_OK) < 0) continue;
      bind(first, target, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    } else if (strcmp(name, "--symlink") == 0) {
      make_folders(target);
      if (symlink(first, target) < 0) fail(target);
    } else if (strcmp(name, "--file") == 0) {
      make_file(first, target);
    } else if (strcmp(name, "--dev") == 0) {
      build_dev(target);
    } else if (strcmp(name, "--tmpfs") == 0 || strcmp(name, "--proc") == 0) {
      make_folder(target);
    }
  }
  set_flags(folder, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID);
  // The host's later mounts would not be read-only.
  if (mount(NULL, folder, NULL, MS_REC | MS_PRIVATE, NULL) < 0) fail("private mounts");
}

static void mount_proc(const char *path) {
  if (mount("proc", path, "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL) < 0) fail("mount proc");
  char inside[PATH_MAX];
  for (size_t i = 0; i < sizeof WRITABLE_PROC / sizeof *WRITABLE_PROC; i++)
    if (access(join(inside, path, WRITABLE_PROC[i]), W_OK) == 0) {
      errno = EPERM;
      fail("parts of /proc are writable");
    }
}

static void mount_pts(const char *dev) {
  char path[PATH_MAX];
  const unsigned long flags = MS_NOSUID | MS_NOEXEC;
  if (mount("devpts", join(path, dev, "pts"), "devpts", flags, "newinstance,ptmxmode=0666,mode=620"))
    fail("mount devpts");
}

void enter_root(char **options) {
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) fail("private mounts");
  // A copy of the template, which is the working directory: the kernel locks mounts that came from the host's namespace.
  int tree = open_tree(AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  if (tree < 0) fail("copy the template");
  if (move_mount(tree, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH) < 0) fail("mount the template");
  if (fchdir(tree) < 0) fail("enter the template");
  close(tree);
  const char *perms = "0755", *size = "0";
  for (char **at = options; *at; at += 1 + arguments_of(*at)) {
    const char *name = at[0], *target = *at[1] == '/' ? at[1] + 1 : at[1];
    if (strcmp(name, "--perms") == 0) {
      perms = at[1];
    } else if (strcmp(name, "--size") == 0) {
      size = at[1];
    } else if (strcmp(name, "--tmpfs") == 0) {
      char data[64];
      snprintf(data, sizeof data, "mode=%s,size=%s", perms, size);
      if (mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, data) < 0) fail(target);
    } else if (strcmp(name, "--dir") == 0) {
      make_folder(target);
    } else if (strcmp(name, "--proc") == 0) {
      mount_proc(target);
    } else if (strcmp(name, "--dev") == 0) {
      mount_pts(target);
    }
  }
  if (syscall(SYS_pivot_root, ".", ".") < 0) fail("pivot_root");
  if (umount2(".", MNT_DETACH) < 0) fail("leave the host's root");
  if (chdir("/") < 0) fail("/");
}
