# Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
"""What the daemon answers instead of a result."""

from __future__ import annotations

from ._errors import AuraError

class MessageTooLarge(AuraError):
    """The message isn't short <enough>."""

    number = -32001
    code = "messageTooLarge"


class NameTaken(AuraError):
    """Another note & its author have the name."""

    number = -32022
    code = "nameTaken"


class NotebookBusy(AuraError):
    """The notebook is in use."""

    number = -32023
    code = "notebookBusy"


AuraError.known = {
    each.code: each
    for each in (
        MessageTooLarge,
        NameTaken,
        NotebookBusy,
    )
}
