// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
// What the daemon answers instead of a result: a class for each code.

import { AuraError, type ErrorData } from "./failures.js";
import type {
    Colour,
    NoteId,
} from "./types.js";

/** The message isn't short <enough>. */
export class MessageTooLarge extends AuraError {
    declare readonly code: "messageTooLarge";
    declare readonly number: -32001;
}

/** Another note & its author have the name. */
export class NameTaken extends AuraError {
    declare readonly code: "nameTaken";
    declare readonly number: -32022;
    declare readonly data: ErrorData & {
        /** The other note. */
        note?: NoteId;
        colour?: Colour;
        /** Always null. */
        retryAfterMs?: number | null;
    };
}

/** The notebook is in use. */
export class NotebookBusy extends AuraError {
    declare readonly code: "notebookBusy";
    declare readonly number: -32023;
}

/** The classes by their code. */
export const errorsByCode = {
    messageTooLarge: MessageTooLarge,
    nameTaken: NameTaken,
    notebookBusy: NotebookBusy,
};
