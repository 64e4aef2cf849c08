import TestSupport
import Testing

extension LabTests {
    /// A checkout on a small disk: never half a tree, never a disk that the agent itself has filled.
    @Suite(.serialized) struct DiskTests {
        let host = GitHost()
        private static let packs = "\(GitHost.path)/.git/objects/pack"
        /// The services' files and 64 MiB must be left of it.
        private static let size = "100m"

        /// Does something while the checkout lies on a small disk of its own, and takes the origin back afterwards.
        private func onSmallDisk(_ body: () async throws -> Void) async throws {
            let good = try await host.fleet.deployGood(host: host.name)
            let stop = "systemctl stop qtagent \(LabFleet.services.joined(separator: " "))"
            let start = "systemctl start \(LabFleet.services.joined(separator: " ")) qtagent"
            try await host.on(
                """
                \(stop); mkdir -p /srv/small
                mount -t tmpfs -o size=\(Self.size),mode=755 small /srv/small
                cp -a \(GitHost.path)/. /srv/small/; chown qt:qt /srv/small
                mount --bind /srv/small \(GitHost.path)
                \(start)
                """)
            try await host.fleet.waitForAgent(host.name)
            do { try await body() } catch {
                try await clean(stop, start, good)
                throw error
            }
            try await clean(stop, start, good)
        }

        private func clean(_ stop: String, _ start: String, _ good: String) async throws {
            try await host.on("\(stop); umount \(GitHost.path) /srv/small; \(start)")
            try await host.atOrigin("git update-ref refs/heads/main \(good)")
            try await host.fleet.waitForAgent(host.name)
        }

        @Test func aReleaseThatDoesNotFitIsRefused() async throws {
            try await onSmallDisk {
                let free = "df --output=avail -B1M \(GitHost.path) | tail -1"
                let before = try await host.on(free)
                // More than may come over the network: the fetch is ended, and nothing of it stays.
                let large = try await host.release("head -c 40M /dev/urandom > large.bin")
                try await host.expectNothing(4, "disk_too_full", "make room", "the pack", verdict: "failed")
                #expect(try await host.on("ls \(Self.packs) | grep tmp_ || true") == "")
                #expect(try await host.on(free) == before)
                // Little to fetch, much to write.
                try await host.atOrigin("git update-ref refs/heads/main \(large)~1")
                _ = try await host.release("head -c 40M /dev/zero > wide.bin")
                try await host.expectNothing(5, "disk_too_full", "40, and 64 must be left", "the files")
                // Somebody else's files.
                try await host.on("fallocate -l 50M \(GitHost.path)/.git/filler")
                try await host.expectNothing(5, "disk_too_full", "64 are wanted", "the rest")
            }
        }

        /// Something else fills the disk while the checkout begins: git stops in the middle of it.
        @Test func aDiskThatFillsUpInACheckoutLeavesTheOldTree() async throws {
            try await onSmallDisk {
                let files = "for n in 1 2 3; do head -c SIZE /dev/urandom > data$n.bin; done"
                let first = try await host.release(files.replacing("SIZE", with: "1M"))
                try await host.expectVerified(first, "the small files")
                _ = try await host.release(files.replacing("SIZE", with: "3M") + "; cp data1.bin aa-new.bin")
                let before = try await host.fleet.picture(host.name)
                let filler = "\(GitHost.path)/.git/filler"
                let (answer, summary) = try await host.struck(at: "checkout_begun") {
                    // 2 MiB are left: enough for a part.
                    let left = try await host.on("df --output=avail -B1M \(GitHost.path) | tail -1 | tr -d ' '")
                    try await host.on("fallocate -l $(($1 - 2))M \(filler)", left)
                }
                #expect(answer.code == 4, "\(answer)")
                #expect(answer.output.contains("\"rule\":\"disk_too_full\""), "\(answer)")
                #expect(answer.output.contains("unable to write file"), "\(answer)")
                #expect(summary?.verdicts(of: host.name) == ["failed", "failed"], "\(answer)")
                #expect(try await host.fleet.picture(host.name) == before)
                #expect(try await host.on("\(GitHost.git) status --porcelain") == "", "something is left over")
                #expect(try await host.on("ls /var/lib/qtagent/interlock") == "")
                try await host.on("rm \(filler)")
                try await host.expectVerified(try await host.atOrigin("git rev-parse main"), "with room")
            }
        }
    }
}
