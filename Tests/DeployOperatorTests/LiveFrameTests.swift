import Coordination
import DeployModel
import Testing

@testable import DeployOperator

/// What is drawn, as text: the same picture, moment and size give the same lines.
@Suite struct LiveFrameTests {
    private static let second = ServiceName(accepted: "b")

    private func picture(
        _ hosts: Int, state: RolloutState = .running, services: [ServiceName] = [Samples.apply]
    ) -> RolloutPicture {
        let targets = (1...hosts).flatMap { number in
            services.map { TargetOutcome(host: HostName(accepted: "h\(number)"), service: $0) }
        }
        return RolloutPicture(Samples.rollout(state), targets)
    }

    private func lines(
        _ picture: RolloutPicture, _ columns: Int, _ rows: Int, after seconds: Int64 = 60
    ) -> [String] {
        LiveFrame(
            picture: picture, now: Samples.now.adding(seconds: seconds),
            terminal: Terminal(columns: columns, rows: rows)
        ).lines.map { line in
            String(line.text.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// h1 is over, h2 at work, h3 waits.
    private func halfway() -> RolloutPicture {
        var picture = picture(3)
        for (index, step) in [Step.inspect, .fetch, .lease, .checkout, .restart, .verify].enumerated() {
            picture.take(Samples.event("step", "h1", step, "begun", after: Int64(index)))
            picture.take(
                Samples.event("step", "h1", step, "done", took: Int64(100 + 1000 * index), after: Int64(index)))
        }
        picture.take(Samples.event("job", "h1", "dispatched"))
        picture.take(Samples.event("verdict", "h1", "verified", service: Samples.apply, after: 30))
        picture.take(Samples.event("job", "h2", "dispatched", after: 30))
        picture.take(Samples.event("job", "h2", "claimed", after: 31))
        picture.take(Samples.event("step", "h2", .inspect, "begun", after: 31))
        picture.take(Samples.event("step", "h2", .inspect, "done", took: 220, after: 31))
        picture.take(Samples.event("step", "h2", .fetch, "begun", after: 48))
        picture.take(Samples.event("output", "h2", .fetch, "output", "remote: Counting objects"))
        return picture
    }

    @Test func aWideTerminalShowsEachStep() {
        #expect(
            lines(halfway(), 100, 24) == [
                "rollout 01234567 running 1m00s  bbbbbbbbbb of quantum_trader by ann: a change",
                "[#############---------------------------]  1 of 3 targets: 1 verified",
                "HOST        NOW          INSPECT FETCH  LEASE  CHECKOUT PREPARE RESTART VERIFY",
                "h1          verified     0.1s    1.1s   2.1s   3.1s     .       4.1s    5.1s",
                "h2          fetch        0.2s    12s    .      .        .       .       .",
                "h3          waiting      .       .      .      .        .       .       .",
                "h2 fetch | remote: Counting objects",
            ])
    }

    @Test func aNarrowTerminalShowsTheStepAndTheTime() {
        #expect(
            lines(halfway(), 40, 24)
                == [
                    "rollout 01234567 running 1m00s  bbbbbb~",
                    "[###--------]  1 of 3 targets: 1 verif~".replacing("[###--------]  ", with: ""),
                    "HOST        NOW          FOR",
                    "h1          verified     30s",
                    "h2          fetch        30s",
                    "h3          waiting",
                    "h2 fetch | remote: Counting objects",
                ].map { $0 == "1 of 3 targets: 1 verif~" ? "1 of 3 targets: 1 verified" : $0 })
    }

    /// Of whatever size: nothing is wider than the terminal or takes its last row.
    @Test(arguments: [(20, 4), (20, 8), (40, 5), (80, 24), (120, 50), (200, 60)], [1, 3, 8, 60, 1000])
    func everyFrameFits(size: (Int, Int), hosts: Int) {
        var picture = picture(hosts, services: [Samples.apply, Self.second])
        for number in stride(from: 1, through: hosts, by: 3) {
            picture.take(Samples.event("job", "h\(number)", "claimed"))
            picture.take(Samples.event("step", "h\(number)", .lease, "begun"))
            picture.take(Samples.event("step", "h\(number)", .lease, "waiting", "日本語 held by bob since 5 min 日本語"))
        }
        for number in stride(from: 2, through: hosts, by: 7) {
            picture.take(Samples.event("verdict", "h\(number)", "failed", service: Samples.apply))
            picture.take(Samples.event("verdict", "h\(number)", "failed", service: Self.second))
        }
        let frame = LiveFrame(
            picture: picture, now: Samples.now.adding(seconds: 9), terminal: Terminal(columns: size.0, rows: size.1))
        #expect(frame.lines.count < size.1)
        #expect(frame.lines.allSatisfy { $0.width < size.0 })
        #expect(frame.lines.count > 2)
    }

    @Test func manyHostsAreGroupedAndTheNotableOnesStayVisible() {
        var picture = picture(1000)
        for number in 1...20 {
            picture.take(Samples.event("verdict", "h\(number)", "verified", service: Samples.apply))
        }
        picture.take(Samples.event("verdict", "h21", "failed", service: Samples.apply))
        picture.take(Samples.event("job", "h22", "claimed"))
        picture.take(Samples.event("step", "h22", .fetch, "begun", after: 50))
        let lines = lines(picture, 60, 12)
        #expect(
            lines.dropFirst(2) == [
                "HOST        NOW          FOR",
                "h21         failed",
                "h22         fetch        10s",
                "20 hosts    verified     h1 ... h20",
                "978 hosts   waiting      h23 ... h1000",
            ])
        // More hosts at work than rows: groups alone tell of all of them.
        for number in 23...500 {
            picture.take(Samples.event("job", "h\(number)", "claimed"))
            picture.take(Samples.event("step", "h\(number)", number % 2 == 0 ? .fetch : .verify, "begun"))
        }
        let crowded = self.lines(picture, 60, 9)
        #expect(
            crowded.contains { $0.hasPrefix("240 hosts   fetch") || $0.hasPrefix("239 hosts   fetch") }, "\(crowded)")
        #expect(crowded.contains { $0.hasPrefix("500 hosts   waiting") }, "\(crowded)")
    }

    @Test func whatWentWrongShowsInTheBarBeItOneOfAThousand() {
        var picture = picture(1000)
        for number in 1...999 {
            picture.take(Samples.event("verdict", "h\(number)", "verified", service: Samples.apply))
        }
        picture.take(Samples.event("verdict", "h1000", "unknown", service: Samples.apply))
        #expect(lines(picture, 120, 10)[1].hasPrefix("[" + String(repeating: "#", count: 39) + "!]"))
    }

    @Test func theReasonOfAWaitComesBeforeWhatPrograms() {
        var picture = halfway()
        picture.take(Samples.event("job", "h3", "claimed"))
        picture.take(Samples.event("step", "h3", .lease, "begun"))
        picture.take(Samples.event("step", "h3", .lease, "waiting", "rollout 77 of bob has it\u{1b}[2J"))
        #expect(
            lines(picture, 100, 24).suffix(2) == [
                "h3 lease waits: rollout 77 of bob has it\\x1b[2J", "h2 fetch | remote: Counting objects",
            ])
    }

    @Test(
        arguments: [
            (-5, "0.0s"), (0, "0.0s"), (9_990, "9.9s"), (10_000, "10s"), (59_999, "59s"), (60_000, "1m00s"),
            (312_000, "5m12s"), (7_500_000, "2h05m"), (266_400_000, "3d02h"),
        ] as [(Int64, String)]) func shortTimes(milliseconds: Int64, text: String)
    {
        #expect(ShortTime(milliseconds: milliseconds).text == text)
    }

    @Test(arguments: [
        ("abc", 3), ("日本", 4), ("e\u{301}", 1), ("한", 2), ("🚀", 2), ("", 0), ("ü", 1),
    ]) func columns(text: String, columns: Int) {
        #expect(Columns.of(text) == columns)
    }

    @Test func aCutNeverSplitsACharacter() {
        #expect(LiveLine("日本語").cut(to: 4).text == "日~")
        #expect(LiveLine("日本語").cut(to: 6).text == "日本語")
        #expect(LiveLine("日本語").filling(8).width == 8)
        #expect(LiveLine("abc").cut(to: 0).text == "")
    }
}
