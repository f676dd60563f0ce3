"""Read command lines as bash does, without running what they name."""

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

#: Bash itself goes through loops, variables, quotes and continued lines; what
#: it would start is written down instead.
_RECORDER = r"""
set -fT
shopt -s extdebug
_record() {
    local name fields=("$_line" "$#" "$@")
    for name in $(compgen -e); do fields+=("$name=${!name}"); done
    # at once: the programs of a pipe are written down side by side
    printf '%s\0' "${fields[@]}" '' >>"$_into"
}
command_not_found_handle() {
    local _line=${_line:-${BASH_LINENO[0]}}
    _record "$@"
}
source() { local _line=${BASH_LINENO[0]}; _record source "$@"; }
cd() { local _line=${BASH_LINENO[0]}; _record cd "$@"; }
# a program that is named by its path
_guard() {
    local value='("[^"]*"|[^ "]*)' _line
    local variables="(([A-Za-z_][A-Za-z_0-9]*=$value )*)"
    if [[ $BASH_COMMAND =~ ^$variables([^\ =]*/.*)$ ]]; then
        _line=${BASH_LINENO[0]}
        eval "${BASH_REMATCH[1]}command_not_found_handle ${BASH_REMATCH[4]}"
        return 1
    fi
}
_into=$1 PATH=/nowhere
set --
trap _guard DEBUG
. "$_script"
"""
_OWN = {'PWD', 'OLDPWD', 'SHLVL', '_', '_script', 'PATH'}


class Call(NamedTuple):
    """A program that would be started.

    Attributes:
        line (int): The line of the script, from 1.
        words (tuple[str, ...]): The program and its arguments.
        environment (dict[str, str]): The variables that it would get.
    """

    line: int
    words: tuple[str, ...]
    environment: dict[str, str]


def read_script(text):
    """List what a script would start, in its order."""
    with tempfile.TemporaryDirectory() as folder:
        script, into = Path(folder, 'script'), Path(folder, 'calls')
        script.write_text(text, encoding='utf-8')
        into.touch()
        done = subprocess.run(
            ['/bin/bash', '--norc', '-c', _RECORDER, 'bash', into],
            env=dict(_script=str(script)),
            cwd=folder,
            capture_output=True,
            text=True,
        )
        # Where it would run is no part of what is said.
        said = into.read_bytes().decode().replace(folder, '/here')
        fields = said.split('\0')[:-1]
    if done.stderr:
        raise ValueError(f'bash cannot read {text!r}: {done.stderr}')
    calls = []
    while fields:
        line, number, *fields = fields
        words, fields = fields[: int(number)], fields[int(number) :]
        end = fields.index('')
        variables = dict(field.split('=', 1) for field in fields[:end])
        fields = fields[end + 1 :]
        calls.append(
            Call(
                int(line),
                tuple(words),
                {k: v for k, v in variables.items() if k not in _OWN},
            )
        )
    return calls


def logical_lines(text):
    """Join continued lines; gives each with its number, from 1."""
    joined, first = '', 0
    for number, line in enumerate(text.splitlines(), 1):
        first = first or number
        joined += line
        if joined.endswith('\\'):
            joined = joined[:-1]
            continue
        yield first, joined
        joined, first = '', 0
    if joined:
        yield first, joined


def recorded(script, *arguments, folder):
    """Run a bash script of the project with a recorder for Python.

    Args:
        script (Path): The script.
        *arguments (str): Its arguments.
        folder (Path): For the recorder.

    Returns:
        list[list[str]]: The arguments of each call of Python.
    """
    folder.mkdir(parents=True, exist_ok=True)
    python, into = folder / 'python', folder / 'calls'
    python.write_text(
        f"#!/bin/bash\nprintf '%s\\0' \"$@\" '' >>'{into}'\n", encoding='utf-8'
    )
    python.chmod(0o755)
    into.write_text('')
    subprocess.run(
        ['bash', str(script), *arguments],
        check=True,
        cwd=folder,
        env=dict(os.environ, PYTHON=str(python)),
        capture_output=True,
    )
    calls = re.split('\0\0', into.read_text(encoding='utf-8'))
    return [call.split('\0') for call in calls if call]
