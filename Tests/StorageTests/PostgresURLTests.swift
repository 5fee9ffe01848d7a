import Testing

@testable import StoragePostgres

@Suite struct PostgresURLTests {
    private func read(_ text: String, weaker: Bool = false, _ environment: [String: String] = [:]) throws -> PostgresURL
    {
        try PostgresURL(text, allowsWeaker: weaker, environment: { environment[$0] })
    }

    private static let strict = ["sslmode='verify-full'", "channel_binding='require'"]

    @Test(arguments: [
        "postgres://aura:pw@db.example/aura", "postgresql://aura@10.0.0.7:5432/aura", "postgres://[fd00::7]/aura",
        "postgres:///aura?host=db.example", "postgres://localhost,db.example/aura", "postgres:///aura?service=main",
        "postgres://localhost/aura?hostaddr=10.0.0.7", "postgres://128.0.0.1/aura", "postgres://localhost.example/aura",
    ])
    func aServerOnAnotherMachineMustBeVerified(_ text: String) throws {
        let said = try read(text).connectionString
        #expect(Self.strict.allSatisfy(said.contains), "\(said)")
    }

    @Test(arguments: [
        "postgres://aura:pw@127.0.0.1/aura", "postgres://localhost:5432/aura", "postgres://[::1]/aura",
        "postgres:///aura?host=/run/postgresql", "postgres:///aura", "postgres://127.9.9.9,localhost/aura",
        "postgres://db.example/aura?hostaddr=127.0.0.1",
    ])
    func aServerOnThisMachineNeedNotBeVerified(_ text: String) throws {
        let said = try read(text).connectionString
        #expect(!Self.strict.contains(where: said.contains), "\(said)")
    }

    /// libpq reads these variables for settings that the URL leaves out.
    @Test(arguments: ["PGHOST", "PGHOSTADDR", "PGSERVICE"])
    func aServerNamedByTheEnvironmentMustBeVerified(_ name: String) throws {
        let said = try read("postgres:///aura", [name: "10.0.0.7"]).connectionString
        #expect(Self.strict.allSatisfy(said.contains))
    }

    @Test(arguments: [
        "sslmode=disable", "sslmode=allow", "sslmode=prefer", "sslmode=require", "sslmode=verify-ca",
        "channel_binding=prefer", "channel_binding=disable",
    ])
    func weakerOptionsAreRefusedUnlessInsecureIsSet(_ option: String) throws {
        let text = "postgres://aura:planted@db.example/aura?\(option)"
        let refusal = try #require(throws: PostgresURL.Refusal.self) { try read(text) }
        #expect(refusal.description.contains("postgres.insecure: true"))
        #expect(!refusal.description.contains("planted"))
        let said = try read(text, weaker: true).connectionString
        #expect(said.contains(option.split(separator: "=").joined(separator: "='") + "'"))
        // The other strict setting is still added.
        #expect(Self.strict.contains(where: said.contains))
        _ = try read("postgres://localhost/aura?\(option)")
    }

    /// libpq's own error messages repeat parts of these URLs.
    @Test(arguments: [
        "postgres://aura:hun/ter2@db.example/aura", "postgres://aura:hun@ter2@db.example/aura",
        "postgres://aura:hun%zzter2@db.example/aura", "postgres://aura:hunter2@[fd00::7/aura",
        "postgres://aura:12/hunter2@db.example/aura",
        "postgres://aura@db.example/aura?hunter2", "postgres://aura@db.example/aura?hun=ter2",
    ])
    func anUnreadableURLIsNotQuotedInTheError(_ text: String) throws {
        let refusal = try #require(throws: PostgresURL.Refusal.self) { try read(text) }
        for part in ["hun", "ter2", "12", "zz"] { #expect(!refusal.description.contains(part)) }
    }

    @Test func descriptionsHoldNoPassword() throws {
        let url = try read("postgres://aura:hunter2@db.example:5433/aura?sslpassword=hunter3&application_name=x")
        #expect(url.description == "postgres://aura@db.example:5433/aura")
        #expect(url.hasPassword)
        #expect(try !read("postgres://aura@db.example/aura").hasPassword)
    }

    @Test func valuesAreQuoted() throws {
        let url = try read("postgres://a%27b:p%5C%20q@localhost/aura")
        #expect(url.connectionString == #"dbname='aura' host='localhost' password='p\\ q' user='a\'b'"#)
        #expect(try read(url.connectionString).connectionString == url.connectionString)
    }
}
