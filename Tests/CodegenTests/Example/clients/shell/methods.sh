# Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
# shellcheck shell=bash

# aura_note_add NOTE [for=…] [idempotencyKey=…]
# Adds a note.
aura_note_add() {
    local params
    params=$(_aura_members "note" "" "$@") || return
    aura_call note.add "$(_aura_keyed "$params")"
}

# aura_note_list [order=…] [filter=…] [max=…]
# Lists the user's notes.
aura_note_list() {
    local params
    params=$(_aura_members "" "filter max" "$@") || return
    aura_call note.list "$params"
}

# aura_rpc_discover
# Returns the OpenRPC document.
aura_rpc_discover() {
    local params
    params=$(_aura_members "" "" "$@") || return
    aura_call rpc.discover "$params"
}
