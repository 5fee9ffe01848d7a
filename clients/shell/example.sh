#!/usr/bin/env bash
# Provisions an agent, shows its progress, and destroys it again: example.sh NAME [REGION [SIZE]]
set -euo pipefail
source "$(dirname "$0")/aura.sh"

name=${1:?expected a name}
operation=$(aura_provision "$name" "${2:-eu-central}" "${3:-small}")
aura_follow "$(jq -r .job.id <<<"$operation")" | jq -r '"\(.type) \(.message)"'
echo "$name runs at $(aura_wait_until_running <<<"$operation" | jq -r .server.address)"
aura_wait "$(aura_destroy "$name" | jq -r .job.id)" | jq -r '"destroy \(.job.state)"'
