package import DeployModel
import DeployProtocol

extension Order {
    /// Reads the text of an order, as it was submitted.
    ///
    /// - Throws: a ``Refusal`` that names the line.
    package init(text: [UInt8]) throws(Refusal) {
        do throws(MalformedText) { self = try OrderText.decode(text) } catch {
            throw Refusal(.orderMalformed, "\(error)", remedy: "submit it with a qtctl of this fleet's version")
        }
    }

    /// The text that is stored and signed.
    package var text: [UInt8] { OrderText.encode(self) }
}
