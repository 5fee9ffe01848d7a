extension HTTPRequest {
    /// Throws ``HTTPError/Code/invalidRequest`` for a request that must not be sent. It refuses control characters,
    /// which could inject a header, and schemes other than `http` and `https`. It also refuses credentials in the URL:
    /// they must be in a header, which is never printed.
    func check() throws(HTTPError) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw HTTPError(.invalidRequest, self, "the URL holds a character that must be percent-encoded")
        }
        let lowered = url.prefix(8).lowercased()
        guard lowered.hasPrefix("http://") || lowered.hasPrefix("https://") else {
            throw HTTPError(.invalidRequest, self, "the URL must begin with http:// or https://")
        }
        let afterScheme = url[(url.firstRange(of: "://")?.upperBound ?? url.startIndex)...]
        guard !afterScheme.prefix(while: { $0 != "/" && $0 != "?" && $0 != "#" }).contains("@") else {
            throw HTTPError(.invalidRequest, self, "the URL holds a user name; put credentials into a header")
        }
        guard headers.areSendable else {
            throw HTTPError(.invalidRequest, self, "a header holds a character that HTTP does not allow")
        }
    }
}
