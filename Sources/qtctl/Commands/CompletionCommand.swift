import ArgumentParser
import DeployOperator

/// `qtctl completion`.
struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Prints what makes a shell complete qtctl's words, with the names of the fleet.",
        discussion: """
            bash:  qtctl completion bash > ~/.local/share/bash-completion/completions/qtctl
            zsh:   qtctl completion zsh > ~/.zfunc/_qtctl, with fpath+=~/.zfunc before compinit in ~/.zshrc
            fish:  qtctl completion fish > ~/.config/fish/completions/qtctl.fish
            """)

    @Argument(help: "The shell: bash, zsh or fish.")
    var shell: Shell

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    func run() {
        let shell: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Console(form: .text, isUTC: false).show(QtCtl.completionScript(for: shell))
    }
}
