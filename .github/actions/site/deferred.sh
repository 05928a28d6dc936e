#!/bin/sh
# The job's own command, unless a version is asked for; else the package, of the site if it has one.
set -eu
if [ -z "$DEFERRED_VERSION" ] && command -v deferred >/dev/null; then exec deferred "$@"; fi
exec npx --yes --package "deferred-runner${DEFERRED_VERSION:+@$DEFERRED_VERSION}" deferred "$@"
