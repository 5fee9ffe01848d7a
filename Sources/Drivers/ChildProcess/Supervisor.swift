/// The shell script that stands between the daemon and a child.
///
/// It leads a session of its own, so that one signal reaches the child and all that the child started. Its standard
/// input is a pipe that the daemon holds open and never writes to: when the daemon dies, even by SIGKILL, the pipe
/// ends, and the script ends the whole group (a death signal by `prctl` would follow the thread that forked, and would
/// not reach grandchildren). SIGTERM goes to the group, so the script outlives it to see the child's end and pass its
/// status on.
enum Supervisor {
    static let shell = "/bin/sh"

    /// `$1` is how many seconds lie between SIGTERM and SIGKILL after the daemon's death; the command follows.
    static let script = """
        grace=$1; shift
        exec 3<&0 </dev/null
        trap 'told=1' TERM HUP INT
        ( trap '' TERM HUP INT; read -r _ <&3; kill -TERM 0; sleep "$grace"; kill -KILL 0 ) >/dev/null 2>&1 &
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
