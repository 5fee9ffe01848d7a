#!/bin/sh
# Builds the image of the sandbox's hosts and prints its name as the last line.
#
#   build.sh          build if missing
#   build.sh --name   print the name that the present inputs give, build nothing
#
# The name carries a hash over everything that goes into the image, so an image that exists is up to date.
# Packages come from where this machine's own apt takes Debian 12 from; AURA_APT_SOURCES may name another sources file.
set -eu
umask 022
export LC_ALL=C

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
release=bookworm
build_seconds=1200

fail() {
    echo "build.sh: cannot build the host image: $*" >&2
    exit 1
}

words() { grep -v '^#' "$1"; }

# One line per input: its bytes, whether it is executable, its path.
inputs() {
    cd "$here"
    dpkg --print-architecture
    find build.sh configure.sh packages overlay -type f ! -name '*.pyc' | sort | while read -r path; do
        if [ -x "$path" ]; then mode=x; else mode=-; fi
        echo "$(sha256sum < "$path") $mode $path"
    done
    find overlay -type l -printf '%p -> %l\n' | sort
}

check_machine() {
    missing=$(words "$here/apt-packages" | while read -r package; do
        state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || state=
        [ "$state" = installed ] || echo "$package"
    done | paste -sd' ')
    [ -z "$missing" ] || fail "packages are missing; run: apt-get install --no-install-recommends $missing"
    [ "$(id -u)" = 0 ] || fail "it needs root (mmdebstrap makes device nodes and owners); run it with sudo"
}

# The sources of this machine that are Debian 12, as one-line entries. Nothing about a mirror is written down here.
machine_sources() {
    apt-get indextargets --format '$(CREATED_BY) $(RELEASE) $(COMPONENT) $(SITE) $(SIGNED_BY)' \
        | awk -v release="$release" '
            $1 == "Packages" && ($2 == release || index($2, release "-") == 1) {
                option = ($5 ~ /^\//) ? "[signed-by=" $5 "] " : ""
                print "deb " option $4 " " $2 " " $3
            }' | sort -u
}

# How this machine's apt reaches its mirror: proxy, certificates, retries. Used for the build, not kept in the image.
apt_transport() {
    apt-config dump --no-empty --format '%f "%v";%n' Acquire \
        | grep -E '^Acquire::(https?|Retries|ForceIPv[46]|Check-(Valid-Until|Date))[: ]' || true
}

# Sets `sources` to the file that the image takes its packages from and keeps for its own apt.
choose_sources() {
    sources="${AURA_APT_SOURCES:-}"
    if [ -z "$sources" ]; then
        sources="$work/sources.list"
        machine_sources > "$sources"
        [ -s "$sources" ] || fail "no source of Debian 12 ($release) in this machine's apt configuration;" \
            "name a sources file for it (NAME.list or NAME.sources) in AURA_APT_SOURCES"
    fi
    case "$sources" in
        *.list | *.sources) [ -r "$sources" ] || fail "the sources file '$sources' cannot be read" ;;
        *) fail "the sources file '$sources' must end in .list or .sources, for that tells its format" ;;
    esac
}

build() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/aura-host.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM

    choose_sources
    apt_transport > "$work/apt.conf"
    # Files only, so that directories which packages own keep their modes; nothing depends on the checkout's modes.
    (cd "$here/overlay" && find . \( -type f -o -type l \) ! -name '*.pyc' | sort) > "$work/files"
    tar -C "$here/overlay" --owner=0 --group=0 --numeric-owner --mode='u+rw,go=u,go-w' \
        -cf "$work/overlay.tar" -T "$work/files"

    echo "build.sh: building $1 (about a minute)" >&2
    timeout "$build_seconds" mmdebstrap --mode=root --variant=minbase \
        --include="$(words "$here/packages" | paste -sd,)" \
        --aptopt="$work/apt.conf" \
        --essential-hook="tar --no-overwrite-dir --keep-directory-symlink -C \"\$1\" -xf '$work/overlay.tar'" \
        --customize-hook="cp '$here/configure.sh' \"\$1/configure.sh\"" \
        --customize-hook='chroot "$1" sh /configure.sh' \
        --customize-hook='rm -f "$1/configure.sh" "$1/etc/hostname" "$1/etc/apt/apt.conf.d/99mmdebstrap"' \
        --customize-hook=': > "$1/etc/resolv.conf"' \
        "$release" "$work/root.tar" "$sources" >&2 \
        || fail "mmdebstrap ended with an error (its own words stand above)"
    podman import --quiet \
        --change 'CMD ["/sbin/init"]' --change 'STOPSIGNAL SIGRTMIN+3' --change 'LABEL aura.sandbox=host' \
        "$work/root.tar" "$1" >&2 || fail "podman did not import it"
}

name="localhost/aura-host:$(inputs | sha256sum | cut -c1-12)"
case "${1:-}" in
    --name) ;;
    '')
        check_machine
        # Two builds at once would do the work twice.
        exec 9< "$here/build.sh"
        flock -w "$build_seconds" 9 || fail "another build holds the lock for longer than $build_seconds s"
        podman image exists "$name" || build "$name"
        ;;
    *) fail "unknown argument '$1'; it takes none, or --name" ;;
esac
echo "$name"
