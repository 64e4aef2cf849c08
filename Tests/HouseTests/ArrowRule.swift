/// Arrows go down only: what a target declares and what its files import stays inside its row of `Layers.table`.
///
/// The compiler does not hold this line: a target can import what only its dependencies declare.
struct ArrowRule {
    let layers: [Layer]
    let package: PackageDescription

    /// What every file may import, and what comes with the toolchain for tests.
    private static let everywhere: Set<String> = ["Swift"]
    private static let inTests: Set<String> = [
        "Swift", "Testing", "Foundation", "FoundationEssentials", "Glibc", "Synchronization",
    ]

    private func layer(_ name: String) -> Layer? { layers.first { $0.name == name } }

    /// Rows that point at themselves, up, or at nothing.
    func wrongRows() -> [Violation] {
        var below: Set<String> = []
        var violations: [Violation] = []
        for layer in layers {
            violations += layer.ours.subtracting(below).sorted().map {
                Violation("Layers.swift", 1, "\(layer.name) -> \($0): not an arrow down")
            }
            below.insert(layer.name)
        }
        return violations
    }

    /// Declared dependencies that the table does not have, and targets that one of the two does not know.
    func wrongDependencies() -> [Violation] {
        var violations: [Violation] = []
        for target in package.targets where !target.isTest {
            guard let layer = layer(target.name) else {
                violations.append(Violation("Package.swift", 1, "\(target.name): not in the table of layers"))
                continue
            }
            violations += target.dependencies.filter { !layer.modules.contains($0.name) }.map {
                Violation("Package.swift", 1, "\(target.name) -> \($0.name): not in the table of layers")
            }
        }
        let declared = Set(package.targets.map(\.name))
        return violations
            + layers.filter { !declared.contains($0.name) }.map {
                Violation("Layers.swift", 1, "\($0.name): not in the package")
            }
    }

    /// Imports that the table (for tests: the package) does not have, or that the target did not declare.
    func wrongImports(in files: [SourceFile]) -> [Violation] {
        files.flatMap { file in
            guard let swift = file.swift, let name = file.target else { return [Violation]() }
            guard let target = package.targets.first(where: { $0.name == name }) else {
                return [Violation(file.path, 1, "in the folder of no target")]
            }
            let declared = Set(target.dependencies.map(\.name))
            return Import.all(in: swift).compactMap { found in
                guard let why = refusal(of: found, in: swift, target: target, declared: declared) else { return nil }
                return Violation(file.path, found.line, "\(name) -> \(found.module): \(why)")
            }
        }
    }

    private func refusal(
        of found: Import, in swift: SwiftText, target: PackageDescription.Target, declared: Set<String>
    ) -> String? {
        let module = found.module
        if target.isTest {
            return declared.union(Self.inTests).contains(module) ? nil : "not declared in Package.swift"
        }
        if module == "Foundation" { return foundation(found, in: swift) }
        let layer = layer(target.name)
        let toolchain = Self.everywhere.union(layer?.toolchain ?? [])
        if toolchain.contains(module) { return nil }
        guard layer?.modules.contains(module) == true else { return "not in the table of layers" }
        return declared.contains(module) ? nil : "not declared in Package.swift"
    }

    /// Foundation makes a static binary tens of megabytes larger than FoundationEssentials does.
    private func foundation(_ found: Import, in swift: SwiftText) -> String? {
        Reason.stands("foundation", at: found.line, in: swift) ? nil : "without `// foundation: <reason>`"
    }
}
