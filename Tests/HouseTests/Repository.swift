import Foundation

/// The tree that these tests were compiled from.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every text file, except what builds leave behind. Read once: the rules share it.
    static let files: [SourceFile] = read()

    private static let notSource: Set<String> = ["dist", "__pycache__", "Package.resolved"]
    private static let hiddenSource: Set<String> = [".ci", ".swift-format", ".editorconfig", ".gitignore"]

    private static func read() -> [SourceFile] {
        var files: [SourceFile] = []
        var folders = [""]
        while let folder = folders.popLast() {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path + "/" + folder)) ?? []
            for name in names.sorted() where !notSource.contains(name) {
                if name.hasPrefix("."), !hiddenSource.contains(name) { continue }
                let path = folder.isEmpty ? name : folder + "/" + name
                let url = root.appendingPathComponent(path)
                if (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true {
                    folders.append(path)
                } else if let text = try? String(contentsOf: url, encoding: .utf8) {
                    files.append(SourceFile(path, text))
                }
            }
        }
        return files
    }
}
