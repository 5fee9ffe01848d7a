/// The shell script between the daemon and a child.
///
/// The script leads a session of its own, so one signal reaches the child and all its descendants in the group. Its
/// watcher ends the whole group in two cases:
/// - The daemon died, even by SIGKILL. The script's standard input is a pipe that the daemon holds open and never
///   writes to; its death closes the pipe. (A death signal by `prctl` would follow the thread that forked, and would
///   not reach grandchildren.)
/// - The daemon was suspended for too long. The file `pulse` is then too old. It holds the machine's uptime, which
///   cannot be set.
///
/// SIGTERM reaches the whole group. The script traps it, so that it can wait for the child and return the child's
/// status.
enum Supervisor {
    static let shell = "/bin/sh"
    /// The name of the file with the daemon's signs of life, in the child's working directory.
    static let pulse = "pulse"

    /// The script. `$1` is the number of seconds between SIGTERM and SIGKILL. `$2` is the age in seconds of the last
    /// sign of life from which the daemon counts as suspended. `$3` is the interval of the checks in seconds. The
    /// command follows.
    static let script = """
        grace=$1; limit=$2; every=$3; shift 3
        pulse=$PWD/\(pulse)
        exec 3<&0 </dev/null
        trap 'told=1' TERM HUP INT
        watch() {
            trap '' TERM HUP INT
            while :; do
                timeout --foreground "$every" /bin/sh -c 'read -r _' <&3
                case $? in
                    124) ;;          # silence, as ever: look whether the daemon runs
                    1) break ;;      # the pipe's end: the daemon is gone
                    *) continue ;;   # a signal that went to the whole group: not the watcher's concern
                esac
                read -r now _ </proc/uptime
                read -r last _ <"$pulse" || continue
                [ "$((${now%.*} - ${last%.*}))" -le "$limit" ] || break
            done
            kill -TERM 0; sleep "$grace"; kill -KILL 0
        }
        watch >/dev/null 2>&1 &
        watcher=$!
        "$@" 3<&- &
        child=$!
        while :; do
            told=; wait "$child"; status=$?
            [ -n "$told" ] && kill -0 "$child" 2>/dev/null || break
        done
        exec 3<&-
        kill -KILL "$watcher" 2>/dev/null
        exit "$status"
        """
}
