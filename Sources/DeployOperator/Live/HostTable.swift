import DeployModel

/// The hosts of a rollout in as many lines as there is room for: a row each, or, where they are too many, the hosts at work and
/// those that failed, and the others in groups.
struct HostTable {
    let picture: RolloutPicture
    let now: Timestamp
    /// Columns of a line at most.
    let width: Int

    /// The steps that have a column of their own, where there is room for them.
    private static let steps: [Step] = [.inspect, .fetch, .lease, .checkout, .prepare, .restart, .verify]
    private static let stepWidths = steps.map { max($0.rawValue.count, 6) }
    private static let stateWidth = 13

    /// Wide enough for the words of a group too.
    private var nameWidth: Int { min(24, max(10, picture.hosts.map { Columns.of($0.name.text) }.max() ?? 0)) }
    private var hasSteps: Bool { width >= nameWidth + 2 + Self.stateWidth + Self.stepWidths.reduce(0) { $0 + $1 + 1 } }

    /// The table, its head included.
    func lines(atMost room: Int) -> [LiveLine] {
        guard room >= 2 else { return [] }
        if picture.hosts.count < room { return [head] + picture.hosts.map(row) }
        return [head] + grouped(in: room - 1)
    }

    private var head: LiveLine {
        let names = LiveLine("HOST").filling(nameWidth + 2)
        guard hasSteps else { return names + LiveLine("NOW").filling(Self.stateWidth) + LiveLine("FOR") }
        let steps = zip(Self.steps, Self.stepWidths).map { $0.rawValue.uppercased().padded(to: $1 + 1) }.joined()
        return names + LiveLine("NOW").filling(Self.stateWidth) + LiveLine(steps)
    }

    private func row(_ host: RolloutPicture.Host) -> LiveLine {
        let name = LiveLine(host.name.text).cut(to: nameWidth).filling(nameWidth + 2)
        let line = name + Self.word(host).filling(Self.stateWidth)
        guard hasSteps else { return line + LiveLine(time(host)) }
        return zip(Self.steps, Self.stepWidths).reduce(line) { $0 + cell(host, $1.0).filling($1.1 + 1) }
    }

    /// What a host does, or came to.
    private static func word(_ host: RolloutPicture.Host) -> LiveLine {
        if let verdict = host.verdict { return LiveLine(verdict.rawValue, verdict.meaning) }
        switch host.state {
        case .waiting, .dispatched: return LiveLine(host.state.rawValue)
        case .silent: return LiveLine("silent", .warning)
        case .accepted, .claimed, .ended: return LiveLine(host.step?.rawValue ?? host.state.rawValue)
        }
    }

    /// How long the whole host took, or has been at work.
    private func time(_ host: RolloutPicture.Host) -> String {
        guard let begun = host.dispatched ?? host.steps.values.map(\.begun).min() else { return "" }
        return ShortTime(host.ended ?? now, since: begun).text
    }

    /// How long a step took, or has been going on; a step that was not reached is a dot.
    private func cell(_ host: RolloutPicture.Host, _ step: Step) -> LiveLine {
        guard let mark = host.steps[step] else { return LiveLine(".") }
        switch mark.state {
        case .failed: return LiveLine("failed", .bad)
        case .done: return LiveLine(mark.took.map { ShortTime(milliseconds: $0).text } ?? "done")
        case .begun, .waiting, .output:
            guard host.verdict == nil else { return LiveLine("-") }
            return LiveLine(ShortTime(now, since: mark.begun).text, .warning)
        }
    }

    // ---- more hosts than lines

    private func grouped(in room: Int) -> [LiveLine] {
        let notable = picture.hosts.filter { $0.isOpen || $0.verdict?.countsAsFailure == true }
        // What went wrong first, then what is at work.
        let ordered = notable.filter { !$0.isOpen } + notable.filter(\.isOpen)
        let rest = Set(picture.hosts.map(\.name)).subtracting(ordered.map(\.name))
        let restGroups = groups(picture.hosts.filter { rest.contains($0.name) })
        if ordered.count + restGroups.count <= room { return ordered.map(row) + restGroups }
        let all = groups(picture.hosts)
        let rows = max(0, room - all.count)
        return ordered.prefix(rows).map(row)
            + groups(picture.hosts.filter { !Set(ordered.prefix(rows).map(\.name)).contains($0.name) }).prefix(room)
    }

    /// One line for all hosts of which the same word is true, in the order in which the first of them stands.
    private func groups(_ hosts: [RolloutPicture.Host]) -> [LiveLine] {
        var members: [String: [RolloutPicture.Host]] = [:]
        var words: [LiveLine] = []
        for host in hosts {
            let word = Self.word(host)
            if members[word.text] == nil { words.append(word) }
            members[word.text, default: []].append(host)
        }
        return words.map { word in
            let group = members[word.text] ?? []
            let names =
                group.count <= 3
                ? group.map(\.name.text).joined(separator: ", ")
                : "\(group[0].name) ... \(group[group.count - 1].name)"
            return LiveLine(Counted.hosts(group.count)).filling(nameWidth + 2) + word.filling(Self.stateWidth)
                + LiveLine(names)
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
