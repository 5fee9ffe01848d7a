# shellcheck shell=bash
# Aura for shell scripts: source this file. Needs bash 4.4 or newer, socat, jq and coreutils, on Linux.
#
#     source clients/shell/aura.sh
#     job=$(aura_provision ada eu-central small | jq -r .job.id)
#     aura_follow "$job" | jq -r .message
#     aura_wait "$job" >/dev/null && echo "ada runs"
#
# Each method is a function: required parameters go by position, the rest as member=value. The result is printed as JSON
# on one line. An error is printed to standard error as JSON, and the status classifies it:
#
#     0  done        1  refused, or the job failed        2  the same call may succeed later        3  aurad cannot be reached
#     127  socat or jq is missing
#
# The functions work in scripts with `set -Eeuo pipefail` and `shopt -s inherit_errexit`, and with any IFS. They change
# no option, trap or variable of the script, since each runs in a subshell.
#
# AURA_SOCKET    aurad's address: unix:PATH, tcp:HOST:PORT (IPv6 in brackets) or a path. If it is not set:
#                $XDG_RUNTIME_DIR/aura/aurad.sock if that exists, else /run/aura/aurad.sock
# AURA_TOKEN_FILE  a file with the token to show to aurad, which is yours alone (mode 0600); if it is not set:
# AURA_TOKEN     the text of the token. The local socket needs none.
# AURA_PATIENCE  how long an unreachable aurad is retried, in seconds (60)
# AURA_TIMEOUT   the time limit of one reply, in seconds (60)
# AURA_SILENCE   the seconds without a message after which a subscription pings aurad (30)

# shellcheck source=clients/shell/methods.sh
source "$(dirname "${BASH_SOURCE[0]}")/methods.sh"

# The longest message that aurad accepts, in bytes (messageBytes of system.limits).
_aura_message_bytes=1048576

# Gives a function's subshell its own options, independent of the script's. Variables of the functions: from, to: the
# pipe to socat; said: the output of socat; socat, feeder, jq, tail: process ids; token: never an argument of a program,
# where other users could read it.
_aura_settle() {
    set +eEuCf +o pipefail
    shopt -u inherit_errexit failglob nullglob
    # A write to a reader that has closed fails, and does not end the shell.
    trap '' PIPE
    trap - ERR DEBUG RETURN
    IFS=$' \t\n' LC_ALL=C SECONDS=0 attempted=0 lost='' next=100 opened=() running=()
    # The shell that called the function: the parent of this subshell.
    read -r _ _ _ caller _ <"/proc/$BASHPID/stat"
    local program
    for program in socat jq; do
        if ! type -P "$program" >/dev/null; then
            echo "aura: $program is missing, install it" >&2
            exit 127
        fi
    done
}

# Sets `where`, for messages, and `place`, for socat.
_aura_find() {
    where=${AURA_SOCKET:-}
    if [ -z "$where" ]; then
        where=${XDG_RUNTIME_DIR:-/nowhere}/aura/aurad.sock
        [ -e "$where" ] || where=/run/aura/aurad.sock
    fi
    local host='\[[0-9A-Fa-f:.]+(%[0-9A-Za-z._-]+)?\]|[0-9A-Za-z._-]+' path=${where#unix:}
    case $where in
    tcp:*)
        if [[ ! $where =~ ^tcp:($host):([0-9]{1,5})$ ]] || ((10#${BASH_REMATCH[3]} < 1 || 10#${BASH_REMATCH[3]} > 65535)); then
            echo "aura: cannot use the address $where: expected tcp:HOST:PORT, with an IPv6 address in brackets" >&2
            return 1
        fi
        place="TCP:${where#tcp:},connect-timeout=10,keepalive,keepidle=30,keepintvl=10,keepcnt=3,nodelay"
        ;;
    *)
        if [ -z "$path" ] || [ "${#path}" -gt 107 ]; then
            echo "aura: cannot use the address $where: expected unix:PATH with a path of at most 107 bytes" >&2
            return 1
        fi
        # socat interprets these characters unless a backslash precedes them.
        local signs=$' ,:!"\'\\()[]{}' sign='' escaped='' i
        for ((i = 0; i < ${#path}; i++)); do
            sign=${path:i:1}
            case $signs in *"$sign"*) escaped+="\\$sign" ;; *) escaped+=$sign ;; esac
        done
        place="UNIX-CONNECT:$escaped"
        ;;
    esac
    _aura_find_token
}

# Sets `token`; it is empty if there is none.
_aura_find_token() {
    local origin=AURA_TOKEN file
    token=${AURA_TOKEN:-}
    if [ -n "${AURA_TOKEN_FILE:-}" ]; then
        origin="the file $AURA_TOKEN_FILE"
        # The opened file is checked, not the path, which may name another file a moment later.
        if [ ! -f "$AURA_TOKEN_FILE" ] || ! { exec {file}<"$AURA_TOKEN_FILE"; } 2>/dev/null; then
            echo "aura: cannot use the token file $AURA_TOKEN_FILE, it cannot be read: check its path" >&2
            return 1
        fi
        case $(stat -Lc '%u %a' "/proc/$BASHPID/fd/$file") in
        "$EUID "[0-7]00) ;;
        "$EUID "*)
            echo "aura: cannot use the token file $AURA_TOKEN_FILE, other users may use it: run chmod 600" >&2
            return 1
            ;;
        *)
            echo "aura: cannot use the token file $AURA_TOKEN_FILE, it belongs to another user: make your own copy" >&2
            return 1
            ;;
        esac
        IFS='' read -r -d '' -n 4096 -u "$file" token
        exec {file}<&-
    fi
    # White space around the token is ignored. The remaining characters need no escape in JSON.
    token=${token#"${token%%[![:space:]]*}"}
    token=${token%"${token##*[![:space:]]}"}
    [ -n "$token$AURA_TOKEN_FILE" ] || return 0
    if [[ ! $token =~ ^aura1_[]A-Za-z0-9_.:,*/=~-]+$ ]] || [ "${#token}" -gt 1024 ]; then
        echo "aura: cannot use $origin, it has no token: give the text that aura token create showed" >&2
        return 1
    fi
}

# _aura_members NAMES TYPES ARGUMENTS…: the parameters as a JSON object. NAMES are the parameters by position; TYPES
# lists the parameters that are not texts.
_aura_members() (
    _aura_settle
    names=$1 types=$2 params='{}'
    shift 2
    for name in $names; do
        if [ $# = 0 ]; then
            echo "aura: $name is missing" >&2
            exit 1
        fi
        params=$(_aura_member "$params" "$types" "$name" "$1") || exit 1
        shift
    done
    for value in "$@"; do
        name=${value%%=*}
        if [ "$name" = "$value" ]; then
            echo "aura: expected member=value, found $value" >&2
            exit 1
        fi
        params=$(_aura_member "$params" "$types" "$name" "${value#*=}") || exit 1
    done
    printf '%s\n' "$params"
)

# Values go through pipes: one argument of a process may have 128 KiB at most.
_aura_member() {
    case " $2 " in
    *" $3 "*)
        if [[ $4 =~ [0-9]{17} ]]; then
            echo "aura: cannot send $3=$4: numbers have at most 16 digits" >&2
            return 1
        fi
        jq -c --arg name "$3" --slurpfile value <(printf '%s' "$4") '. + {($name): $value[0]}' <<<"$1"
        ;;
    *) jq -c --arg name "$3" --rawfile value <(printf '%s' "$4") '. + {($name): $value}' <<<"$1" ;;
    esac
}

# Adds a new key to a call that changes something, so that it takes effect once, however often it is sent.
_aura_keyed() (
    _aura_settle
    jq -c --arg key "$(</proc/sys/kernel/random/uuid)" '{idempotencyKey: $key} + .' <<<"$1"
)

# _aura_request METHOD PARAMS: sets `request` to the message.
_aura_request() {
    if ! request=$(jq -sc --arg method "$1" 'if length == 1 then {jsonrpc: "2.0", id: 1, method: $method, params: .[0]} else error end' \
        <<<"$2" 2>/dev/null); then
        echo "aura: cannot send the parameters of $1: they are no JSON value" >&2
        return 1
    fi
    if [ "${#request}" -gt "$_aura_message_bytes" ]; then
        echo "aura: cannot send a message of ${#request} bytes: at most $_aura_message_bytes are allowed" >&2
        return 1
    fi
}

# Connects. Replies and events are read from `said`. socat ends when no process has the pipe `to` open, also after a
# `kill -9` of the script.
_aura_dial() {
    local both from
    exec {both}<> <(:)
    # Another two descriptors of the same pipe, of which each goes one way.
    exec {to}>"/proc/self/fd/$both" {from}<"/proc/self/fd/$both"
    exec {both}>&-
    exec {said}< <(exec socat -t 0.2 STDIO "$place" <&"$from" {to}>&- 2>/dev/null)
    socat=$!
    opened+=("$to" "$said") running+=("$socat")
    exec {from}<&-
}

# Sends `request` on the connection of _aura_dial, in its own process, since a long message waits for its reader.
_aura_feed() {
    exec {fed}< <(printf '%s\n' "$request" >&"$to" 2>/dev/null)
    opened+=("$fed") running+=("$!")
}

# _aura_authenticate SECONDS: shows the token, if there is one, before anything else. Fails with the reason in `why` if
# another connection may succeed. A refusal ends the subshell.
_aura_authenticate() {
    [ -n "$token" ] || return 0
    why='the connection failed'
    printf '{"jsonrpc":"2.0","id":0,"method":"session.authenticate","params":{"token":"%s"}}\n' "$token" \
        2>/dev/null >&"$to" || return 1
    _aura_read_reply "$1" || return 1
    ! _aura_has result "$reply" || return 0
    _aura_has error "$reply" || return 1
    why=$(jq -r "$_aura_code" <<<"$reply")
    _aura_was_not_carried_out "$why" || _aura_refuse "$(jq -c .error <<<"$reply")"
    return 1
}

# Ends the processes and descriptors of _aura_dial.
_aura_hang_up() {
    local each
    [ ${#running[@]} = 0 ] || kill "${running[@]}" 2>/dev/null
    [ ${#running[@]} = 0 ] || wait "${running[@]}" 2>/dev/null
    for each in "${opened[@]}"; do
        exec {each}>&-
    done
    opened=() running=()
}

# _aura_again REASON: waits a little longer each time before another attempt; fails with a message once AURA_PATIENCE is
# over.
_aura_again() {
    # A connection that lasted this long does not count as an absent aurad.
    [ $((SECONDS - attempted)) -lt 5 ] || lost='' next=100
    lost=${lost:-$SECONDS}
    if [ $((SECONDS - lost)) -ge "${AURA_PATIENCE:-60}" ]; then
        echo "aura: cannot reach aurad at $where: $1" >&2
        return 1
    fi
    sleep "0.$((next + RANDOM % next))"
    next=$((next < 400 ? next * 2 : 400))
    attempted=$SECONDS
}

# The jq filter for the code of an error reply. If the rights of the token were reduced, another connection gets the
# present ones: the connection was lost.
_aura_code='.error.data | if .code == "tokenRevoked" and .retryable then "connectionLost" else .code // "" end'

# Succeeds if a message is complete and has a member. (For an empty message jq 1.6 succeeds.)
_aura_has() {
    [ -n "$2" ] && jq -e --arg name "$1" 'has($name)' <<<"$2" >/dev/null 2>&1
}

# After these errors the same call may be sent again, since it was not carried out.
_aura_was_not_carried_out() {
    case $1 in
    connectionLost | daemonBusy | shuttingDown | tooManyConnections* | tooManyInFlight) return 0 ;;
    *) return 1 ;;
    esac
}

# Reads a line into `reply`; fails if none arrives within that many seconds, or before the connection ends.
_aura_read_reply() {
    local part status end=$((SECONDS + $1))
    reply=''
    while true; do
        IFS= read -r -t 1 -u "$said" part
        status=$?
        reply+=$part
        [ "$status" -gt 128 ] || return "$status"
        # The script was killed: its reply has no reader any more.
        [ -d "/proc/$caller" ] || exit 3
        if [ "$SECONDS" -ge "$end" ]; then
            echo "aura: no reply from aurad at $where within $1 s" >&2
            exit 3
        fi
    done
}

# _aura_exchange METHOD PARAMS SECONDS: sets `reply`, which has a result or an error. Ends the subshell if aurad cannot
# be reached, or refuses the token.
_aura_exchange() {
    local request='' code why
    _aura_find || exit 1
    _aura_request "$1" "$2" || exit 1
    trap _aura_hang_up EXIT
    while true; do
        # Only a complete reply counts; after a truncated one the call is repeated.
        _aura_dial
        if ! _aura_authenticate "$3"; then
            _aura_hang_up
            _aura_again "$why" || exit 3
            continue
        fi
        _aura_feed
        _aura_read_reply "$3" || reply=''
        _aura_hang_up
        if _aura_has result "$reply"; then
            return 0
        elif _aura_has error "$reply"; then
            code=$(jq -r "$_aura_code" <<<"$reply")
            _aura_was_not_carried_out "$code" || return 1
            _aura_again "$code" || exit 3
        else
            _aura_again "the connection failed" || exit 3
        fi
    done
}

# Prints an error and ends the subshell.
_aura_refuse() {
    printf '%s\n' "$1" >&2
    exit "$(jq 'if .data.retryable == true then 2 else 1 end' <<<"$1")"
}

# aura_call METHOD [PARAMS]: calls any method by its name; PARAMS is a JSON object.
aura_call() (
    _aura_settle
    _aura_exchange "$1" "${2:-{\}}" "${AURA_TIMEOUT:-60}" || _aura_refuse "$(jq -c .error <<<"$reply")"
    jq -c .result <<<"$reply"
)

# aura_wait JOB: prints the job once it has ended, also through restarts of aurad; the status is 0 if it succeeded.
aura_wait() (
    _aura_settle
    params=$(jq -nc --arg job "$1" '{job: $job, timeoutMs: 600000}')
    until _aura_exchange job.wait "$params" 660; do
        [ "$(jq -r '.error.data.code // ""' <<<"$reply")" = waitTimeout ] || _aura_refuse "$(jq -c .error <<<"$reply")"
        sleep 0.5
    done
    jq -c .result <<<"$reply"
    [ "$(jq -r .result.job.state <<<"$reply")" = succeeded ]
)

# aura_wait_until_running: reads the result of an operation, waits for its job, and prints the instance.
aura_wait_until_running() (
    _aura_settle
    operation=$(cat)
    if ! job=$(jq -er .job.id <<<"$operation" 2>/dev/null); then
        echo "aura: expected the result of an operation on standard input" >&2
        exit 1
    fi
    aura_wait "$job" >/dev/null || exit
    found=$(aura_call status.get "$(jq -c '{instance: .instance.id}' <<<"$operation")") || exit
    jq -c .instance <<<"$found"
)

# The jq filter for a subscription's connection. It writes one line per message: kind, number or error code, and text. One jq process reads
# the whole connection, and drops a truncated last message.
_aura_heard='
    if has("error") and .id != 2 then ["error", ('"$_aura_code"' | if . == "" then "-" else . end), (.error | tojson)]
    elif .id == 1 then ["reply", .result.head, (.result | tojson)]
    elif has("id") then ["pong", "-", "-"]
    else .params.result | [.type, (if .complete == false then "-" else .seq end), tojson] end
    | map(tostring) | join("\t")'

# Reads the connection of _aura_dial through `heard`. From now on `tail` keeps the pipe to socat open. It ends when the
# reader of standard output closes, or the script ends, and socat ends with it; `left` can be read then.
_aura_listen() {
    exec {heard}< <(exec jq --unbuffered -r "$_aura_heard" <&"$said" {to}>&- {out}>&- 2>/dev/null)
    running+=("$!") opened+=("$heard")
    if $has_tail; then
        exec {left}< <(exec tail -f --pid="$caller" /dev/null 2>&1 >&"$out")
        running+=("$!") opened+=("$left")
        exec {to}>&-
        opened=("${opened[@]:1}")
    fi
}

# Sets `request` to the resumed subscription: after the last event, with the same instance and history, and with the
# number of events that are left.
_aura_resume() {
    local now
    now=$(jq -c --arg last "$last" --arg instance "$instance" --arg epoch "$epoch" --argjson count "$count" '
        if $last != "" then .from = ($last | tonumber) else . end
        | if $instance != "" then .filter.instance = $instance else . end
        | if $epoch != "" and (.from | type) == "number" then .epoch = $epoch else . end
        | if .maxEvents then .maxEvents -= $count else . end' <<<"$params" 2>/dev/null) || now=$params
    _aura_request status.subscribe "$now"
}

# aura_subscribe PARAMS: prints every event on a line, once and in order, through lost connections, until the
# subscription ends. The status is 0 also if the reader closes.
aura_subscribe() (
    _aura_settle
    params=${1:-{\}} last='' instance='' epoch='' count=0 has_tail=true wanted=''
    ping='{"jsonrpc":"2.0","id":2,"method":"system.ping","params":{}}'
    # Versions other than that of coreutils do not notice that the reader has closed.
    tail -n 0 --pid="$BASHPID" /dev/null >/dev/null 2>&1 || has_tail=false
    _aura_find || exit 1
    wanted=$(jq -r '.maxEvents // ""' <<<"$params" 2>/dev/null)
    trap _aura_hang_up EXIT
    exec {out}>&1
    while true; do
        _aura_resume || exit 1
        left='' why='the connection failed'
        _aura_dial
        if _aura_authenticate "${AURA_TIMEOUT:-60}"; then
            why='the connection failed'
            _aura_feed
            _aura_listen
            _aura_follow
        fi
        # The script or the reader has ended.
        [ -z "$left" ] || ! read -r -t 0 -u "$left" || exit 0
        _aura_hang_up
        # Only the end notification was lost.
        [ "$wanted" != "$count" ] || exit 0
        _aura_again "$why" || exit 3
    done
)

# Prints the events of one connection until it ends; ends the subshell if the subscription ends.
_aura_follow() {
    local first kind number text status pinged=false
    while true; do
        # Only the first character has a time limit: with one, bash asks the kernel twice for each character.
        IFS='' read -r -t "${AURA_SILENCE:-30}" -N 1 -u "$heard" first
        status=$?
        if [ "$status" -gt 128 ]; then
            # A ping is sent after a silence; without a reply to it, the connection ends.
            ! $pinged || return
            pinged=true
            printf '%s\n' "$ping" 2>/dev/null >"/proc/$socat/fd/0" || return
            continue
        fi
        [ "$status" = 0 ] || return
        IFS=$'\t' read -r -u "$heard" kind number text || return
        kind=$first$kind pinged=false
        case $kind in
        error)
            _aura_was_not_carried_out "$number" || _aura_refuse "$text"
            why=$number
            return
            ;;
        reply)
            lost='' next=100
            _aura_begun "$number" "$text"
            ;;
        pong) ;;
        subscription.ended) exit 0 ;;
        subscription.bookmark) last=$number ;;
        subscription.snapshot)
            # A snapshot that is lost before its last page starts again from its first page.
            [ "$number" = - ] || last=$number
            printf '%s\n' "$text" 2>/dev/null || exit 0
            ;;
        *)
            if [ -z "$last" ] || [ "$number" -gt "$last" ]; then
                last=$number count=$((count + 1))
                printf '%s\n' "$text" 2>/dev/null || exit 0
            fi
            ;;
        esac
    done
}

# Keeps the values of the reply to a subscription: HEAD RESULT.
_aura_begun() {
    # A subscription from now on begins after the head that the reply names.
    [ -n "$last" ] || [ "$(jq -r '.from // "now"' <<<"$params")" != now ] || last=$1
    # An older aurad names neither.
    instance=$(jq -r --arg before "$instance" '.instance // $before' <<<"$2")
    epoch=$(jq -r --arg before "$epoch" '.epoch // $before' <<<"$2")
}

# aura_follow JOB: prints all events of a job, from its first to its last.
aura_follow() {
    aura_subscribe "$(jq -nc --arg job "$1" '{filter: {job: $job}, from: "start", until: "terminal"}')"
}
