#!/usr/bin/env bash
# Makes the environment in .venv, then runs the command that follows in it:
#
#     bash scripts/setup.sh python scripts/kohl_stone_2004.py
#     bash scripts/setup.sh pytest
#
# Installs system packages only where something is missing, and only if it may (root on a Debian); else it says the line.
set -euo pipefail
cd "$(dirname "$0")/.."

apt_line="apt-get install -y"
install() { # package, what for
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "setup: installing $1 ($2)"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive $apt_line -qq --no-install-recommends "$1" >/dev/null
  else
    echo "setup: $2 is missing; as root: $apt_line $1" >&2
    return 1
  fi
}

find_python() {
  for name in python3.11 python3.12 python3.13 python3 python; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
}

python=$(find_python)
if [ -z "$python" ]; then
  install python3 "Python 3.11 or later"
  python=$(find_python)
  [ -n "$python" ] || { echo "setup: no Python 3.11 or later here" >&2; exit 1; }
fi

if ! [ -x .venv/bin/pip ]; then
  # Debian's python3 comes without what venv needs
  "$python" -c 'import ensurepip' 2>/dev/null || install python3-venv "Python's venv"
  "$python" -m venv .venv
fi
stamp=.venv/.installed
if ! [ -e "$stamp" ] || [ pyproject.toml -nt "$stamp" ] || [ constraints.txt -nt "$stamp" ]; then
  echo "setup: installing gait and what it needs into .venv"
  .venv/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
  touch "$stamp"
fi
# video is the one thing that needs a system library; everything else works without
.venv/bin/python -m gait.view.gl >/dev/null 2>&1 || install libosmesa6 "OpenGL for video" || true

[ $# -gt 0 ] || exit 0
export PATH="$PWD/.venv/bin:$PATH"
exec "$@"
