// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
// What goes over the wire. A newer daemon may add members and values.

/** Parameters for a new note. */
export interface AddParameters {
    /** The text of the note. */
    note: string;
    /** The reader; nobody if absent. */
    for?: string;
    /** The client's own key for a call. */
    idempotencyKey?: string;
}

/** The author of a note. */
export interface Author {
    /** The full name. */
    name: string;
}

/** The call to cancel. */
export interface CancelParameters {
    /** The id of the call. */
    id: string | number | null;
}

/** Parameters of a notification. */
export interface ChangeNotification {
    note: Note;
}

/** The colour of a note. A daemon sends it. It is open: a newer daemon may send more. */
export type Colour =
    | "red" // the note is urgent
    | "deepBlue" // the note is <calm> & "kept"
    | "default" // the note has no colour of its own
    | (string & {});

/** An OpenRPC document. */
export type Document = Record<string, unknown>;

/** A choice of notes. It is closed, so clients send it. */
export interface Filter {
    /** Notes of these colours. */
    colours?: Colour[];
    before?: Timestamp;
}

/** A subscription that the same call begins. */
export interface Follow {
    last?: number;
}

/** Parameters for a list of notes. */
export interface ListParameters {
    order?: Order;
    filter?: Filter;
    /** The length of a page. */
    max?: number;
}

/** Lists. */
export interface Lists {
    colours?: Colour[];
    /** All authors, the newest first. */
    authors?: Author[];
    tags: string[];
    marks?: ("start" | "end" | number)[];
}

/** Numbers and truth values. */
export interface Measures {
    /** The number of pages. */
    pageCount: number;
    weight: number;
    /** True if the note stays on top. */
    isPinned: boolean;
    /** The former name of `pageCount`. */
    due?: number;
}

/**
 * A note of the user's, with <marks> & "quotes" that no template may escape. This description is longer than one
 * line of any comment.
 */
export interface Note {
    /** The author; absent if unknown. */
    author?: Author;
    id: NoteId;
    /** Always "note". */
    kind: "note";
    colour: Colour;
    createdAt: Timestamp;
}

/** The id of a note. */
export type NoteId = string;

/** A page of notes. */
export interface NoteList {
    notes: Note[];
    next?: NoteId;
    lists?: Lists;
}

/** A note. */
export interface NoteResult {
    note: Note;
    measures?: Measures;
    others?: Others;
}

/** The order of a list. Only clients send it. It's open too: a newer daemon may accept more. */
export type Order =
    | "oldest" // the oldest note first
    | "in" // the order in which the notes came in, which is a keyword in several languages: this meaning is long enough for two lines of a comment
    | (string & {});

/** Values without a class of their own. */
export interface Others {
    /** A text, or a number of seconds. */
    from?: string | number;
    extra?: Record<string, unknown>;
    any?: unknown;
    box?: { width: number; label?: string | null };
}

/** The result of a subscription. */
export interface SubscribeResult {
    seq: number;
}

/** A time in UTC. */
export type Timestamp = string;
