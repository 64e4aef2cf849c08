import TestSupport
import Testing

@testable import DeployModel

@Suite struct PrometheusTextTests {
    @Test func aPageReadsAsWritten() {
        var beat = MetricFamily(.gauge, "qt_beat_timestamp_seconds", "When the last beat was taken.")
        beat.add(Timestamp(milliseconds: 1_772_355_907_042).seconds)
        var jobs = MetricFamily(.counter, "qt_jobs_total", "Jobs.")
        jobs.add(2, ["op": "deploy", "outcome": "verified"])
        jobs.add(0, ["op": "deploy", "outcome": "failed"])
        let empty = MetricFamily(.gauge, "qt_nothing", "Nothing.")
        #expect(
            PrometheusText.page([beat, empty, jobs]) == """
                # HELP qt_beat_timestamp_seconds When the last beat was taken.
                # TYPE qt_beat_timestamp_seconds gauge
                qt_beat_timestamp_seconds 1772355907.042
                # HELP qt_jobs_total Jobs.
                # TYPE qt_jobs_total counter
                qt_jobs_total{op="deploy",outcome="verified"} 2
                qt_jobs_total{op="deploy",outcome="failed"} 0

                """)
    }

    @Test func aHistogramHasBucketsSumAndCount() {
        var times = MetricHistogram(bounds: [0.5, 1])
        for value in [0.5, 0.75, 20, -1] { times.observe(value) }
        var family = MetricFamily(.histogram, "qt_step_duration_seconds", "Steps.")
        family.add(times, ["step": "fetch"])
        #expect(
            PrometheusText.page([family]) == """
                # HELP qt_step_duration_seconds Steps.
                # TYPE qt_step_duration_seconds histogram
                qt_step_duration_seconds_bucket{step="fetch",le="0.5"} 2
                qt_step_duration_seconds_bucket{step="fetch",le="1"} 3
                qt_step_duration_seconds_bucket{step="fetch",le="+Inf"} 4
                qt_step_duration_seconds_sum{step="fetch"} 21.25
                qt_step_duration_seconds_count{step="fetch"} 4

                """)
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0, "0"), (1, "1"), (1.5, "1.5"), (-3, "-3"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
        (.nan, "NaN"), (1e300, "1e+300"), (0.000001, "1e-06"), (9_007_199_254_740_991, "9007199254740991"),
    ])
    func numbersAreWhatGoReads(value: Double, text: String) {
        #expect(PrometheusText.number(value) == text)
    }

    /// What would end the value, the line or the page, or move a terminal's cursor.
    static let hostile = [
        "", "plain", "a\"b", "a\\b", "a\nb", "\"} 1\nevil_total{a=\"", "a\r\nb", "\u{1B}[2J", "\"\u{301}", "\\\u{301}",
        "\u{202E}abc", "\u{0}", "é", "# HELP x y", String(repeating: "\u{301}", count: 10_000), "{},=",
        String(decoding: [0xFF, 0xFE, 0x22], as: UTF8.self),
    ]

    @Test(arguments: hostile) func noValueBreaksThePage(value: String) async throws {
        var family = MetricFamily(.gauge, "qt_info", "With \\ and \n and \".")
        family.add(true, ["before": value, "after": "x"])
        let page = PrometheusText.page([family])
        #expect(page.utf8.count { $0 == UInt8(ascii: "\n") } == 3)
        #expect(page.hasSuffix(",after=\"x\"} 1\n"))
        #expect(page.utf8.count < 3000)
        #expect(!page.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        #expect(try await Promtool.check(page) == "")
    }

    /// Two series of one name and the same labels make Prometheus refuse the page.
    @Test func aSeriesStandsOnce() {
        let long = String(repeating: "a", count: 200)
        var family = MetricFamily(.gauge, "qt_info", "Something.")
        for value in [long + "b", long + "c", "\n", "\\n"] { family.add(1, ["value": value]) }
        family.add(1)
        family.add(2)
        var times = MetricFamily(.histogram, "qt_times", "Something.")
        for _ in 0..<2 { times.add(MetricHistogram(bounds: [1]), ["step": "a"]) }
        #expect(family.text.split(separator: "\n").count == 2 + 3)
        #expect(family.text.hasSuffix("\nqt_info 1\n"))
        #expect(times.text.split(separator: "\n").count == 2 + 4)
    }

    /// What promtool would say of a page that is none: otherwise its silence would prove nothing.
    @Test(arguments: [
        ("qt_info{a=\"\n\"} 1\n", "text format parsing error"), ("qt_jobs 1\n", "no help text"),
        ("# HELP qt_jobs x\n# TYPE qt_jobs counter\nqt_jobs 1\n", "_total"),
    ])
    func promtoolSeesAFault(page: String, words: String) async throws {
        #expect(try await Promtool.check(page).contains(words))
    }
}
