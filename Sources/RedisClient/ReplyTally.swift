internal import CHiredis

/// What hiredis' hooks and their decoder share: the bounds of one reply, and what it has announced so far.
///
/// hiredis allocates for an announced length before an element has come, so an array is judged when it is announced.
struct ReplyTally {
    /// The most elements of one reply, those of arrays within arrays included. An element costs some hundred bytes (a
    /// `redisReply`, its pointer, our value), and four on the wire; the largest reply of ours, a page of a stream, has some
    /// ten thousand.
    static let elementLimit = 1 << 20
    /// The deepest nesting: what hiredis 0.14 can read. Version 1 has no limit and frees replies recursively.
    static let depthLimit = 8

    /// The functions that make hiredis' objects.
    let stock: redisReplyObjectFunctions
    /// Elements announced by the reply that is not complete yet.
    var elements = 0
    /// Why a hook refused; hiredis itself then says that memory ran out.
    var refusal: String?

    /// Replaces hooks in a copy of the stock functions. Their parameters have other types in hiredis 1, so that these are
    /// inferred, never written.
    static func hooks(over stock: redisReplyObjectFunctions) -> redisReplyObjectFunctions {
        var hooks = stock
        hooks.createArray = { task, count in
            guard let task, let tally = task.pointee.privdata?.assumingMemoryBound(to: ReplyTally.self),
                tally.pointee.admits(task, count: Int(count))
            else { return nil }
            return tally.pointee.stock.createArray(task, count)
        }
        hooks.createNil = { task in
            guard let task, let tally = task.pointee.privdata?.assumingMemoryBound(to: ReplyTally.self),
                tally.pointee.isRESP2(task)
            else { return nil }
            return tally.pointee.stock.createNil(task)
        }
        return hooks
    }

    private mutating func admits(_ task: UnsafePointer<redisReadTask>, count: Int) -> Bool {
        guard task.pointee.type == REDIS_REPLY_ARRAY else {
            return refuse("a reply of RESP3, type \(task.pointee.type)")
        }
        guard count >= 0, count <= Self.elementLimit - elements else {
            return refuse("a reply has more than \(Self.elementLimit) elements")
        }
        elements += count
        var depth = 1
        var parent = task.pointee.parent
        while let container = parent {
            depth += 1
            parent = container.pointee.parent
        }
        return depth <= Self.depthLimit || refuse("a reply is nested more than \(Self.depthLimit) deep")
    }

    /// The null of RESP2 is a string or an array of length -1; one of a type of its own is RESP3's.
    private mutating func isRESP2(_ task: UnsafePointer<redisReadTask>) -> Bool {
        task.pointee.type != REDIS_REPLY_NIL || refuse("a reply of RESP3, a null")
    }

    private mutating func refuse(_ reason: String) -> Bool {
        refusal = reason
        return false
    }
}
