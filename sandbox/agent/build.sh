#!/bin/sh
# Packs the stand-in agent as `npm pack` would and prints the archive's path: same input, same bytes.
#
#   build.sh OUTDIR             the version that package.json names
#   build.sh OUTDIR VERSION     another one, to try an upgrade with
set -eu
umask 022
export LC_ALL=C

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

fail() {
    echo "build.sh: cannot pack the agent: $*" >&2
    exit 1
}

[ $# -ge 1 ] && [ $# -le 2 ] || fail "usage: build.sh OUTDIR [VERSION]"
mkdir -p "$1" || fail "the directory '$1' cannot be made"
out=$(CDPATH='' cd -- "$1" && pwd)
own=$(sed -n 's/.*"version": "\([^"]*\)".*/\1/p' "$here/package/package.json")
version=${2:-$own}
case "$version" in
    '' | *[!0-9A-Za-z.-]*) fail "'$version' is no version; digits, letters, '.' and '-' are" ;;
esac

work=$(mktemp -d "$out/.agent.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cp -R "$here/package" "$work/package"
find "$work/package" -name __pycache__ -prune -exec rm -rf {} +
sed "s/\"version\": \"$own\"/\"version\": \"$version\"/" "$here/package/package.json" > "$work/package/package.json"

# Names sorted, one time for all, no owner, and modes that do not depend on the checkout's umask.
tar -C "$work" --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
    --mode='u+rw,go=u,go-w' -cf "$work/archive.tar" package
gzip -n -9 "$work/archive.tar"
mv "$work/archive.tar.gz" "$out/openclaw-$version.tgz"
echo "$out/openclaw-$version.tgz"
