#!/bin/sh
# Prints the path of the first Python from which the project's environments can be made.
# Where there is none, says what was found, what is needed and what to do.
# `make PYTHON=/path/to/python3` names one instead.

if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 python3.14 python3.13 python3.12 python3.11; fi

found=""
for name in "$@"; do
    path=$(command -v "$name") || continue
    # An environment that is active already is no base for another: its own base is printed.
    if answer=$("$path" -c '
import sys
if sys.version_info < (3, 11):
    sys.exit("is Python %d.%d.%d" % sys.version_info[:3])
try:
    import ensurepip, venv
except ImportError as error:
    sys.exit("has no module %s" % error.name)
print(getattr(sys, "_base_executable", sys.executable))
' 2>&1); then
        printf '%s\n' "$answer"
        exit 0
    fi
    found="$found; $path $(printf '%s' "$answer" | tail -n 1)"
done

found=${found#; }
printf '%s\n' "setup: no usable Python (${found:-$* not found}); needed: Python 3.11 or newer with its venv and ensurepip modules;" \
    "fix: install one (Debian, Ubuntu: python3 and python3-venv), or name it: make PYTHON=/path/to/python3" >&2
exit 1
