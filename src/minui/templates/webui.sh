#!/usr/bin/env bash
# Starts the web UI on Linux and macOS. Settings belong into webui-user.sh, which is read first.

here="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" &>/dev/null && pwd)"

# shellcheck source=/dev/null
[[ -f "$here/webui-user.sh" ]] && source "$here/webui-user.sh"

say() {
    printf '\n################################################################\n%b\n' "$1"
    printf '################################################################\n'
}

fail() {
    say "\e[1m\e[31mERROR: $1, aborting...\e[0m"
    exit 1
}

# -f as the first argument allows root.
as_root=0
while getopts "f" flag &>/dev/null; do
    [[ "$flag" == "f" ]] && as_root=1 || break
done
if [[ $(id -u) -eq 0 && $as_root -eq 0 ]]; then
    fail "This script must not be launched as root"
fi
say "Running on \e[1m\e[32m$(whoami)\e[0m user"
[[ $(getconf LONG_BIT) == 32 ]] && fail "Unsupported Running on a 32bit OS"

if [[ -z "$python_cmd" ]]; then
    python_cmd="python3.11"
fi
[[ -x "$(command -v "$python_cmd")" ]] || python_cmd="python3"
[[ -z "$GIT" ]] && export GIT="git"
[[ -z "$LAUNCH_SCRIPT" ]] && LAUNCH_SCRIPT="launch.py"
export ERROR_REPORTING=FALSE PIP_IGNORE_INSTALLED=0

if [[ -n "$install_dir" ]]; then
    here="$install_dir/${clone_dir:-webui}"
fi
cd "$here" || fail "Can't cd to $here"
hash "$python_cmd" &>/dev/null || fail "$python_cmd is not installed"

# The environment of this folder; an active one of the caller is used instead, "-" means none.
if [[ "$venv_dir" != "-" && -z "$VIRTUAL_ENV" ]]; then
    venv_dir="${venv_dir:-venv}"
    say "Create and activate python venv"
    if [[ ! -d "$venv_dir" ]]; then
        "$python_cmd" -c "import venv" &>/dev/null || fail "python3-venv is not installed"
        "$python_cmd" -m venv "$venv_dir"
    fi
    [[ -f "$venv_dir/bin/activate" ]] || fail "Cannot activate python venv"
    # shellcheck source=/dev/null
    source "$venv_dir/bin/activate"
    python_cmd="$venv_dir/bin/python"
else
    say "python venv already activate or run without venv: $VIRTUAL_ENV"
fi

export SD_WEBUI_RESTART=tmp/restart
while :; do
    say "Launching launch.py..."
    "$python_cmd" -u "$LAUNCH_SCRIPT" "$@"
    [[ -f tmp/restart ]] || break
done
exit 0
