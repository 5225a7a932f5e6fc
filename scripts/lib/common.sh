# Shared by the scripts in this folder's parent: messages, Debian packages, build folders. Sourced, never run.
# The caller has set -euo pipefail, and its working directory is the project's root.

export LC_ALL=C.UTF-8

# The logs of a build and of each test go here; a log is shown only when its step fails.
logs=build/logs

say() { printf '== %s\n' "$*"; }
warn() { printf '!! %s\n' "$*" >&2; }
die() {
    warn "$*"
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo > /dev/null; then
        sudo "$@"
    else
        die "neither root nor sudo: can't run '$*'"
    fi
}

# The packages of the groups in "$@", one a line.
packages_of() {
    local group
    for group in "$@"; do
        awk -v group="$group" '$1 == group { print $2 }' scripts/lib/packages
    done
}

# Those of the packages in "$@" that aren't installed, one a line. Asks dpkg alone, so it needs no network.
packages_missing() {
    dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2> /dev/null |
        awk -v wanted="$*" '
            $2 == "installed" { have[$1] = 1 }
            END { n = split(wanted, names, " "); for (i = 1; i <= n; i++) if (!(names[i] in have)) print names[i] }'
}

# Installs what is missing of the groups in "$@".
ensure_packages() {
    local wanted missing
    mapfile -t wanted < <(packages_of "$@")
    if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
        warn "not a Debian system: these packages' equivalents must be there: ${wanted[*]}"
        return
    fi
    mapfile -t missing < <(packages_missing "${wanted[@]}")
    if [ ${#missing[@]} -eq 0 ]; then
        say "packages: all ${#wanted[@]} are installed"
        return
    fi
    say "packages: installing ${missing[*]}"
    mkdir -p "$logs"
    as_root apt-get update -q > "$logs/apt.log" 2>&1 || warn "apt-get update failed; trying with the lists that are there"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends --no-remove "${missing[@]}" \
        >> "$logs/apt.log" 2>&1 < /dev/null || { tail -n 20 "$logs/apt.log" >&2; die "apt-get install failed (see $logs/apt.log)"; }
}

# Runs "$@" quietly, with its output in the log file $1; shows the log's end if it fails.
quietly() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    if ! "$@" > "$log" 2>&1 < /dev/null; then
        warn "failed: $*"
        tail -n 60 "$log" >&2
        return 1
    fi
}

# build_in FOLDER [MESON OPTION…]: sets up the folder with these options unless it has them already, and builds all of it,
# or what $build_target names.
build_in() {
    local folder=$1 stamp=$1/options.stamp log=$logs/$(basename "$1").log
    shift
    if [ ! -f "$folder/build.ninja" ]; then
        quietly "$log" meson setup "$folder" "$@" || return 1
    elif [ $# -gt 0 ] && [ "$(cat "$stamp" 2> /dev/null)" != "$*" ]; then
        quietly "$log" meson setup --reconfigure "$folder" "$@" || return 1
    fi
    if [ $# -gt 0 ] || [ ! -f "$stamp" ]; then printf '%s\n' "$*" > "$stamp"; fi
    quietly "$log" ninja -C "$folder" ${build_target:+"$build_target"}
}
