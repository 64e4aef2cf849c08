import DeployModel
import SystemPackage

/// Keeps services from starting while their tree is not one whole commit: a file per unit in `<state directory>/interlock`,
/// there from before a checkout until the tree is proven whole. Each unit has a drop-in of ours with a condition on its file,
/// so neither Restart=always nor a boot after a power cut starts a process on half a checkout.
struct StartInterlock: Sendable {
    /// The directory of the files, one per unit and named after it.
    let directory: FilePath

    init(stateDirectory: String) { directory = FilePath(stateDirectory).appending("interlock") }

    /// Forbids the start of services; when this returns, a power cut does not undo it.
    ///
    /// `reason` is for a person who looks into the file.
    func engage(_ services: [ServiceName], reason: String) throws(Errno) {
        try DurableFile.makeDirectory(directory)
        for service in services {
            try DurableFile.replace(directory.appending(service.unit), with: Array((reason + "\n").utf8))
        }
    }

    /// Allows the start of services again. The tree must be whole, and on the disk.
    func release(_ services: [ServiceName]) throws(Errno) {
        let engaged = engaged()
        for service in services where engaged.contains(service) {
            try DurableFile.remove(directory.appending(service.unit))
        }
    }

    /// The services that must not start now.
    func engaged() -> Set<ServiceName> {
        Set(
            DurableFile.names(in: directory).compactMap { name in
                name.hasSuffix(".service") ? try? ServiceName(String(name.dropLast(".service".count))) : nil
            })
    }
}
