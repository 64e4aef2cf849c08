/// The first word of a script's reply: a closed list. Anything else is a broken contract, never ignored.
package enum ScriptReply: String, Sendable, CaseIterable {
    case ok, again, conflict, version, expired, drained, down, busy, hold, held, closed, unknown, superseded, gone
    case incomplete, none, missing
    case otherFleet = "other_fleet"
    case notEnrolled = "not_enrolled"
    case otherMachine = "other_machine"
    case tooLong = "too_long"
}
