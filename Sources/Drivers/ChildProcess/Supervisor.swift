/// The shell script that stands between the daemon and a child.
///
/// It leads a session of its own, so that one signal reaches the child and all that the child started. Its watcher ends the
/// whole group in two cases:
/// - The daemon died, even by SIGKILL: its standard input is a pipe that the daemon holds open and never writes to, and the
///   pipe ends. (A death signal by `prctl` would follow the thread that forked, and would not reach grandchildren.)
/// - The daemon was stopped for too long: the file `pulse` no longer tells of it. It holds the machine's uptime, which
///   nobody sets.
///
/// SIGTERM goes to the group, so the script outlives it to see the child's end and pass its status on.
enum Supervisor {
    static let shell = "/bin/sh"
    /// The file of the daemon's signs of life, in the child's working directory.
    static let pulse = "pulse"

    /// `$1` is how many seconds lie between SIGTERM and SIGKILL, `$2` after how many the silence of the daemon means that
    /// it is stopped, `$3` how often to look; the command follows.
    static let script = """
        grace=$1; patience=$2; every=$3; shift 3
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
                [ "$((${now%.*} - ${last%.*}))" -le "$patience" ] || break
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
