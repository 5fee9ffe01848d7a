// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import JSON

extension Author: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("name", name)
        }
    }
}

extension ChangeNotification: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("note", note)
        }
    }
}

extension Follow: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("last", last)
        }
    }
}

extension Lists: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("colours", colours)
            json.member("authors", authors)
            json.member("tags", tags)
            json.member("marks", marks)
        }
    }
}

extension Measures: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("pageCount", pageCount)
            json.member("weight", weight)
            json.member("isPinned", isPinned)
            json.member("due", due)
        }
    }
}

extension NoteView: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("author", author)
            json.member("id", id)
            json.member("kind", kind)
            json.member("colour", colour)
            json.member("createdAt", createdAt)
        }
    }
}

extension NoteList: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("notes", notes)
            json.member("next", next)
            json.member("lists", lists)
        }
    }
}

extension NoteResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("note", note)
            json.member("measures", measures)
            json.member("others", others)
            json.member("follow", follow)
        }
    }
}

extension Others: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("from", from)
            json.member("extra", extra)
            json.member("any", any)
            json.member("box", box)
        }
    }
}

extension SubscribeResult: JSONWritable {
    /// Appends an object with the members of the schema, in its order.
    public func write(to json: inout JSONText) {
        json.object { json in
            json.member("seq", seq)
        }
    }
}
