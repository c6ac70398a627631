#!/bin/sh
# The browser tests drive Debian's Chromium. Install it where we may, say how where we may not.
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Chromium from Debian's packages ..."
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0
fi
echo "The browser tests need Chromium: install it (on Debian: sudo apt-get install chromium), then run make test again." >&2
exit 1
