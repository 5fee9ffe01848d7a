import ArgumentParser
import AuraAPI
import AuraModel
import FeatureKit
import Gateway
import JSONRPC
import Jobs
import Logging
import RPCTransport
import ServiceLifecycle
import Storage
import StorageSQLite

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Serves until SIGTERM or SIGINT.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        defer {
            LineWriter.standardOutput.flush()
            LineWriter.standardError.flush()
        }
        ProcessSecrecy.protect()
        ProcessStart.prepare()
        do {
            let settings = try await options.load()
            OpenFiles.raiseLimit()
            try await Daemon(settings: settings).serve()
        } catch let error as SettingsError {
            throw Failing.with(error, Failing.configuration)
        } catch let error as StorageError {
            throw Failing.with(error, Failing.unavailable)
        } catch let error as ListenError {
            throw Failing.with(error, Failing.unavailable)
        } catch let error as GatewayError {
            throw Failing.with(error, Failing.unavailable)
        } catch let error as Failure {
            throw Failing.with(error.message, Failing.unavailable)
        } catch let error as MethodMismatch {
            throw Failing.with(error, .failure)
        }
    }
}
