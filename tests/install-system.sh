#!/bin/sh
# What the tests need beyond Python: Debian's Chromium for the pages, bubblewrap for the sandbox,
# PostgreSQL for the grade book (the tests start a server of their own).
# Install it where we may, say how where we may not.
missing=""
command -v chromium >/dev/null || missing="chromium"
command -v bwrap >/dev/null || missing="$missing bubblewrap"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing="$missing postgresql"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing $missing from Debian's packages ..."
  # shellcheck disable=SC2086  # a list of packages
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null && exit 0
fi
echo "The tests need $missing: install them (on Debian: sudo apt-get install $missing), then run make test again." >&2
exit 1
