import ArgumentParser
import DeployModel
import DeployOperator

/// What every command that speaks to a fleet takes.
struct FleetOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The fleet.", valueName: "name"))
    var fleet: String?

    @Option(help: ArgumentHelp("Redis: host:port or unix:/path.", valueName: "address"))
    var redis: String?

    @Option(
        help: ArgumentHelp("A context of ~/.config/qtctl/config.yaml.", valueName: "name"),
        completion: LiveNames.contexts)
    var context: String?

    @Flag(help: "JSON lines on standard output; never asks.")
    var json = false

    @Flag(help: "Times in UTC instead of local time.")
    var utc = false

    @Option(help: "Colour: auto, always or never; auto heeds NO_COLOR and TERM=dumb.")
    var color: Colors.Choice = .auto

    func console(_ progress: FollowOptions.Progress = .auto) -> Console {
        let environment = Session.environment()
        return Console(
            form: json ? .json : .text, isUTC: utc, colors: Colors(color, environment: environment),
            terminal: { progress == .lines ? nil : Terminal.current(environment) })
    }
}

extension Colors.Choice: ExpressibleByArgument {}
