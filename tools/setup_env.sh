# Find or make the Python environment. Sourced by the other scripts, it leaves
# the interpreter in $PYTHON; with nothing to do it takes a few seconds.
#
# What the user already has is used and not replaced, be it the environment
# that $PYTHON names or the active one:
#   - torch, torchvision, MMEngine, mmcv and MMPretrain (of either line) that
#     work together: this environment, with the package added to it;
#   - a torch and torchvision that work together: .venv beside it, which sees
#     that pair and has the rest;
#   - neither: .venv with everything, in the tested versions.

daffnet_setup() {
    local root user stamp
    root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    # Meant from where the user stands, which who sources this has as $here.
    case ${PYTHON:-/} in
        /*) ;;
        */*) PYTHON=${here:-$PWD}/$PYTHON ;;
    esac
    if [ -n "${PYTHON:-}" ] && ! command -v "$PYTHON" >/dev/null; then
        echo "error: PYTHON is $PYTHON, which cannot be run: name a Python" \
            'interpreter, or leave it out.' >&2
        return 2
    fi
    user=$(command -v "${PYTHON:-python3}" || command -v python || true)
    stamp=$root/.venv/daffnet-requirements

    if [ -n "$user" ] && _daffnet_check "$user" : 2>/dev/null; then
        PYTHON=$user
    elif [ -x "$root/.venv/bin/python" ] && [ ! -e "$stamp" ]; then
        # made by the user
        PYTHON=$root/.venv/bin/python
        if ! _daffnet_check "$PYTHON" :; then
            echo "error: $root/.venv was not made by this script and does" \
                'not work: remove it, and it is made anew.' >&2
            return 2
        fi
    else
        _daffnet_make_venv "$user" || return
        PYTHON=$root/.venv/bin/python
    fi
    _daffnet_install || return
    export PYTHON
    echo "environment: $PYTHON"
}

# Do these of the requirements (torch, torchvision, mm*) work together? What
# is wrong goes to stderr, in one sentence.
_daffnet_check() {
    (cd "$root" && "$1" -W ignore -c "import runpy, sys
module = runpy.run_path('daffnet_mm/utils/compatibility.py')
try:
    module['check_environment'](module['REQUIREMENTS'][$2])
except ImportError as error:
    sys.exit(f'error: {error}')")
}

_daffnet_make_venv() {
    local python=$1 pins wanted pair=
    if [ -z "$python" ] || ! "$python" -c \
        'import sys; sys.exit(sys.version_info < (3, 10))'; then
        echo 'error: Python 3.10 or newer is needed: install it, or name it' \
            'with PYTHON=/path/to/python3.' >&2
        return 2
    fi
    wanted=$(cat "$root"/requirements/*.txt | cksum)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        return
    fi

    if _daffnet_check "$python" :2 2>/dev/null; then
        pair=$(cd / && "$python" -c "from pathlib import Path; import torch
print(Path(torch.__file__).parents[1])")
        echo "making $root/.venv around the torch in $pair"
    else
        echo "making $root/.venv (about 6 GB, a few minutes)"
    fi
    "$python" -m venv "$root/.venv" || return
    # until the installation has ended, the stamp does not match
    echo unfinished >"$stamp"
    python=$root/.venv/bin/python
    pins=$root/.venv/daffnet-pins.txt
    if [ -z "$pair" ] && "$python" -c \
        'import sys; sys.exit(sys.version_info < (3, 11))'; then
        cp "$root/requirements/tested.txt" "$pins"
    else
        # the tested versions need Python 3.11 and the torch they name
        cat "$root"/requirements/{mminstall,runtime,tests}.txt >"$pins"
    fi || return
    if [ -n "$pair" ]; then
        sed -i.whole -E '/^torch(vision)?[=<>]/d' "$pins"
        "$python" -c "import sys, sysconfig; from pathlib import Path
site = Path(sysconfig.get_path('purelib'))
(site / 'torch_of_user.pth').write_text(sys.argv[1] + chr(10))" "$pair"
    fi || return
    "$python" -m pip install -q --disable-pip-version-check -r "$pins" &&
        _daffnet_check "$python" : &&
        echo "$wanted" >"$stamp"
}

# The neutral libraries, and the package itself unless it is there already,
# both halves of it and its command.
_daffnet_install() {
    local found wanted
    "$PYTHON" -m pip install -q --disable-pip-version-check \
        -r "$root/requirements/runtime.txt" \
        -r "$root/requirements/tests.txt" || return
    "$PYTHON" -m pip install -q --disable-pip-version-check --no-deps \
        -r "$root/requirements/explain.txt" || return
    found=$(cd / && "$PYTHON" -c "from importlib import metadata, util
for name in ('daffnet_lite', 'daffnet_mm'):
    spec = util.find_spec(name)
    print(spec.origin if spec else '')
commands = metadata.entry_points(group='console_scripts', name='daffnet')
print(*{command.value for command in commands})") || return
    wanted=$root/daffnet_lite/__init__.py$'\n'$root/daffnet_mm/__init__.py
    wanted+=$'\n'daffnet_lite.commands.main:main
    if [ "$found" != "$wanted" ]; then
        echo "installing daffnet_mm from $root (editable)"
        "$PYTHON" -m pip install -q --disable-pip-version-check \
            --no-deps -e "$root"
    fi
}

daffnet_setup || exit
