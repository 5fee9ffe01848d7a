# Aura for shell scripts: source this file. Needs bash, socat and jq.
#
#     source clients/shell/aura.sh
#     job=$(aura_provision ada eu-central small | jq -r .job.id)
#     aura_follow "$job" | jq -r .message
#     aura_wait "$job" >/dev/null && echo "ada runs"
#
# Each method is a function: what it requires goes by position, the rest as member=value. The result is printed as JSON on a line. An error
# is printed to standard error as JSON, and the status says what to do:
#
#     0  done        1  refused, or the job failed        2  the same call may succeed later        3  aurad cannot be reached
#
# AURA_SOCKET    where aurad listens (/run/aura/aurad.sock), or tcp:HOST:PORT
# AURA_PATIENCE  for how long an aurad that cannot be reached is tried, in seconds (60)
# AURA_TIMEOUT   how long one answer may take, in seconds (60)

# shellcheck source=clients/shell/methods.sh
source "$(dirname "${BASH_SOURCE[0]}")/methods.sh"

_aura_address() {
    local address=${AURA_SOCKET:-/run/aura/aurad.sock}
    case $address in
    tcp:*) echo "TCP:${address#tcp:}" ;;
    *) echo "UNIX-CONNECT:${address#unix:}" ;;
    esac
}

# _aura_members NAMES TYPES ARGUMENTS…: the parameters as a JSON object. NAMES are what goes by position; TYPES says what is no text.
_aura_members() {
    local names=$1 types=$2 params='{}' name value
    shift 2
    for name in $names; do
        if [ $# = 0 ]; then
            echo "aura: $name is missing" >&2
            return 1
        fi
        params=$(_aura_member "$params" "$types" "$name" "$1") || return 1
        shift
    done
    for value in "$@"; do
        name=${value%%=*}
        if [ "$name" = "$value" ]; then
            echo "aura: expected member=value, found $value" >&2
            return 1
        fi
        params=$(_aura_member "$params" "$types" "$name" "${value#*=}") || return 1
    done
    echo "$params"
}

_aura_member() {
    case " $2 " in
    *" $3 "*) jq -c --arg name "$3" --argjson value "$4" '. + {($name): $value}' <<<"$1" ;;
    *) jq -c --arg name "$3" --arg value "$4" '. + {($name): $value}' <<<"$1" ;;
    esac
}

# Adds a key of its own to a call that changes something, so that it happens once however often it is sent.
_aura_keyed() {
    jq -c --arg key "$(</proc/sys/kernel/random/uuid)" '{idempotencyKey: $key} + .' <<<"$1"
}

# Waits a little longer each time; fails once patience is over. Its two arguments are names of variables.
_aura_pause() {
    local -n pause_until=$1 pause_next=$2
    if [ "$SECONDS" -ge "$pause_until" ]; then
        echo "aura: cannot reach aurad at $(_aura_address)" >&2
        return 3
    fi
    sleep "0.$((pause_next + RANDOM % pause_next))"
    pause_next=$((pause_next < 400 ? pause_next * 2 : 400))
}

# Whether a message is whole and has a member. (Of no message at all jq 1.6 says yes.)
_aura_has() {
    [ -n "$2" ] && jq -e --arg name "$1" 'has($name)' <<<"$2" >/dev/null 2>&1
}

# aura_call METHOD [PARAMS]: any method by its name; PARAMS is a JSON object.
aura_call() {
    local request reply until=$((SECONDS + ${AURA_PATIENCE:-60})) next=100
    request=$(jq -nc --arg method "$1" --argjson params "${2:-{\}}" '{jsonrpc: "2.0", id: 1, method: $method, params: $params}') || return 1
    while true; do
        # Only a whole answer counts; one that was cut off is asked for again.
        reply=$(socat -t "${AURA_TIMEOUT:-60}" - "$(_aura_address)" <<<"$request" 2>/dev/null | head -n 1)
        if _aura_has result "$reply"; then
            jq -c .result <<<"$reply"
            return 0
        fi
        if _aura_has error "$reply"; then
            case $(jq -r .error.data.code <<<"$reply") in
            shuttingDown | tooManyConnections | tooManyConnectionsOfUser | tooManyInFlight) ;;
            *)
                jq -c .error <<<"$reply" >&2
                return "$(jq 'if .error.data.retryable then 2 else 1 end' <<<"$reply")"
                ;;
            esac
        fi
        _aura_pause until next || return
    done
}

# What comes on a subscription's connection, a line each: its kind, a number and a text. One jq reads all of it; a message that was cut
# off it leaves out.
_aura_heard() {
    jq --unbuffered -r 'if has("error") then "error", .error.data.retryable == true, (.error | tojson)
        elif has("id") then "reply", .result.head, "-"
        else .params.result | .type, (if .complete == false then "-" else .seq end), tojson end' 2>/dev/null
}

# aura_subscribe PARAMS: prints every event on a line, once and in order, through lost connections, until the subscription ends.
aura_subscribe() {
    local params=$1 kind number text last='' until=$((SECONDS + ${AURA_PATIENCE:-60})) next=100
    while true; do
        [ -z "$last" ] || params=$(jq -c --argjson seq "$last" '. + {from: $seq}' <<<"$params")
        while IFS= read -r kind && IFS= read -r number && IFS= read -r text; do
            case $kind in
            error)
                printf '%s\n' "$text" >&2
                [ "$number" = false ] && return 1
                return 2
                ;;
            reply)
                # One from now on begins behind the head that the reply names.
                [ -n "$last" ] || [ "$(jq -r '.from // "now"' <<<"$params")" != now ] || last=$number
                ;;
            subscription.ended) return 0 ;;
            subscription.bookmark) last=$number ;;
            subscription.snapshot)
                # One that was lost before its last page begins anew.
                [ "$number" = - ] || last=$number
                printf '%s\n' "$text" || return
                ;;
            *)
                if [ -z "$last" ] || [ "$number" -gt "$last" ]; then
                    last=$number
                    printf '%s\n' "$text" || return
                fi
                ;;
            esac
            until=$((SECONDS + ${AURA_PATIENCE:-60})) next=100
        done < <(jq -nc --argjson params "$params" '{jsonrpc: "2.0", id: 1, method: "status.subscribe", params: $params}' |
            socat -t 31536000 - "$(_aura_address)" 2>/dev/null | _aura_heard)
        _aura_pause until next || return
    done
}

# aura_follow JOB: all events of a job, from its first to its last.
aura_follow() {
    aura_subscribe "$(jq -nc --arg job "$1" '{filter: {job: $job}, from: "start", until: "terminal"}')"
}

# aura_wait JOB: the job once it has ended; the status is 0 where it succeeded.
aura_wait() {
    local result status params
    params=$(jq -nc --arg job "$1" '{job: $job, timeoutMs: 600000}')
    while true; do
        result=$(AURA_TIMEOUT=660 aura_call job.wait "$params") && break
        status=$?
        [ "$status" = 2 ] || return "$status"
        sleep 0.5
    done
    echo "$result"
    [ "$(jq -r .job.state <<<"$result")" = succeeded ]
}

# aura_wait_until_running: reads what an operation answered, waits for its job, and prints the instance.
aura_wait_until_running() {
    local operation
    operation=$(cat)
    aura_wait "$(jq -r .job.id <<<"$operation")" >/dev/null || return
    aura_call status.get "$(jq -c '{instance: .instance.id}' <<<"$operation")" | jq -c .instance
}
