package import DeployModel
package import HostControl
import SettingsFile

/// Where the agent offers its metrics. It does not, unless it is told to.
package struct MetricsSettings: Sendable, Equatable, CustomStringConvertible {
    /// Where they are given to who asks over HTTP; nil for nowhere.
    package var listen: MetricsAddress?
    /// The file that node_exporter's textfile collector reads; nil for none.
    package var textfile: CanonicalPath?

    package var description: String {
        [listen.map { "at \($0)" }, textfile.map { "in \($0)" }].compactMap { $0 }.joined(separator: ", ")
    }
}

extension MetricsSettings {
    /// Reads a block.
    ///
    /// - Parameter value: the block, or the word `off`.
    /// - Returns: nil for `off`.
    /// - Throws: ``SettingsError`` with file and line.
    static func read(_ value: SettingsValue) throws(SettingsError) -> MetricsSettings? {
        if let word = try? value.text() {
            guard word == "off" else { throw value.error("a block with listen or textfile, or off, is expected here") }
            return nil
        }
        let members = try value.members(["listen", "textfile"])
        var settings = MetricsSettings()
        if let place = members["listen"] {
            let text = try place.text()
            do throws(InvalidText) { settings.listen = try MetricsAddress(parsing: text) } catch {
                throw place.error(error.description)
            }
        }
        if let file = members["textfile"] {
            let path: CanonicalPath = try file.name()
            guard path.text.hasSuffix(".prom") else {
                throw file.error("node_exporter reads files whose names end in .prom only; give it such a name")
            }
            settings.textfile = path
        }
        guard settings != MetricsSettings() else { throw value.error("listen or textfile is expected here, or off") }
        return settings
    }
}
