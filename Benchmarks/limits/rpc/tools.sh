# Sourced, from the repository's root, by scripts that need the tools of this directory: `build_tools DIRECTORY` builds them there.

build_tool() {
    local path=$1 libraries=$2 source files=()
    shift 2
    for source in "$@" stream sockets websocket digest json buffer process; do files+=("Benchmarks/limits/rpc/$source.c"); done
    "${CC:-gcc}" -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -o "$path" "${files[@]}" $libraries
}

build_load() { build_tool "$1" "" load calls fanout idle disturb follow histogram; }

build_tools() {
    mkdir -p "$1"
    build_tool "$1/rpc-echo" -lsqlite3 echo rows
    build_load "$1/rpc-load"
}
