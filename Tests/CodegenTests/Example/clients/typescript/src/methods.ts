// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
// A function for each method.

import { keyed, type CallOptions } from "./calls.js";
import type {
    AddParameters,
    Document,
    ListParameters,
    NoteList,
    NoteResult,
} from "./types.js";

/** Every method of a daemon. Whoever inherits it says how a call gets there. */
export abstract class Methods {
    /** Any method by its name; its result as it came. */
    abstract call<Result = unknown>(method: string, params?: object, options?: CallOptions): Promise<Result>;

    /**
     * Adds a note. Replies at once with <the note> & its "id". The description of a method is long enough for a
     * comment of two lines.
     */
    noteAdd(params: AddParameters, options?: CallOptions): Promise<NoteResult> {
        return this.call("note.add", keyed(params), options);
    }

    /** Lists the user's notes. */
    noteList(params: ListParameters = {}, options?: CallOptions): Promise<NoteList> {
        return this.call("note.list", params, options);
    }

    /** Returns the OpenRPC document. */
    rpcDiscover(options?: CallOptions): Promise<Document> {
        return this.call("rpc.discover", {}, options);
    }
}
