extension String {
    /// This text fit for one line of a message: control and format characters escaped as `\u{..}`, and cut after 300
    /// characters. Texts from a server reach terminals and logs through here.
    var onOneLine: String {
        var line = ""
        var count = 0
        for scalar in unicodeScalars {
            guard count < 300 else { return line + "..." }
            count += 1
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                line += "\\u{" + String(scalar.value, radix: 16) + "}"
            default:
                line.unicodeScalars.append(scalar)
            }
        }
        return line
    }
}
