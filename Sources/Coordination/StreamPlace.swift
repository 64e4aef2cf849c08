/// How far a reader has read a stream. A reader begins with ``beginning`` and hands the same value to each read.
package struct StreamPlace: Sendable, Hashable {
    /// Before the first entry.
    package static let beginning = StreamPlace(id: "")

    /// The last entry that was read; empty before the first.
    package var id: String
    /// Whether nothing stood behind it when it was read: then the next read waits at once, without looking first.
    package internal(set) var isEnd = false

    /// Behind the entry of this id.
    package init(id: String) {
        self.id = id
    }
}
