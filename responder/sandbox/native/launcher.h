#pragma once

#include <stddef.h>
#include <sys/types.h>

/** Descriptors of a sandbox while it is prepared; those from `STATUS` on are closed before its program. */
enum { CONTROL = 3, STATUS = 4, FIRST_FREE = 5 };

/** One sandbox, as the responder asks for it. */
struct request {
  /** The host's user it runs as; -1: our own. */
  long uid;
  long descriptors;
  const char *stdout_path, *stderr_path, *status_path;
  /** The files of the control groups to join; NULL at the end, as in the following lists. */
  char **joins;
  char **argv;
  char **env;
};

/** A program of the kernel's filter, in its own format. */
struct filter {
  unsigned short length;
  void *instructions;
};

/** Writes `what` and the last error to the status channel, or to stderr before there is one, and exits. */
void fail(const char *what) __attribute__((noreturn));

/** Reads a request; exits if it is cut short or malformed. */
struct request read_request(int connection);

/** Builds the tree that all sandboxes share, from mount options in the form of bubblewrap's. */
void build_template(const char *folder, char **options);

/** In the sandbox's own namespaces: completes the template, which is the working directory, and makes it the root. */
void enter_root(char **options);

/** Where `fail` writes from now on. */
void report_failures_to(int descriptor);

/** Starts a sandbox and waits for its end. `options` are those of the template, which is the working directory. */
void run_sandbox(pid_t launcher, int connection, char **options, struct filter filter)
    __attribute__((noreturn));
