internal import AuraModel
internal import DriverREST
internal import HTTPClient
internal import Logging

extension RESTClient {
    /// Returns a client for Tailscale's API. It authenticates with an OAuth client.
    static func tailscale(
        _ settings: TailscaleSettings, http: any HTTPTransport, time: any TimeSource, random: any RandomSource,
        log: Logger
    ) -> RESTClient {
        RESTClient(
            settings: RESTSettings(
                name: "tailscale", endpoint: settings.endpoint,
                authentication: .clientCredentials(
                    tokenPath: "/oauth/token", id: settings.clientID, secret: settings.clientSecret),
                requestTimeout: settings.requestTimeout,
                // The list of devices has no pages.
                responseLimitBytes: 32 << 20, maximumConcurrentRequests: settings.maximumConcurrentRequests,
                readRetries: settings.readRetries,
                retriedCodes: ["rateLimited", "providerFault", "providerTimeout"], missingCode: "notFound"),
            http: http, time: time, random: random, log: log, failure: TailscaleFailure.of)
    }
}
