import AuraModel
import DriverKit
import HTTPClient
import HTTPDoubles
import JSON
import Logging
import StripeDriver
import Testing

/// A driver over a scripted Stripe.
private struct Bench {
    let transport: ScriptedTransport
    let driver: StripePayments

    init(_ answers: Result<HTTPResponse, HTTPError>...) {
        transport = ScriptedTransport(answers)
        driver = StripePayments(
            settings: StripeSettings(key: ProviderCredential(Secret("rk_test_secret")), readRetries: 0),
            http: transport, time: VirtualTime(), random: SystemRandom(), log: Logger(label: "test"))
    }
}

@Suite struct StripePaymentsTests {
    private static let item = """
        {"id":"si_1","object":"subscription_item","quantity":2,"current_period_end":1700002000,
         "price":{"id":"price_1","unit_amount":1900,"recurring":{"interval":"month"}}}
        """

    private static func subscription(_ more: String = "", status: String = "active", items: String = item) -> String {
        """
        {"id":"sub_1","object":"subscription","status":"\(status)","customer":"cus_1","currency":"eur",
         "created":1700000000,"livemode":true,"metadata":{"tenant":"acme","n":null},
         "items":{"object":"list","data":[\(items)],"has_more":false}\(more)}
        """
    }

    @Test func aSubscriptionIsReadWithItsItems() async throws {
        let bench = Bench(.json(200, Self.subscription()))
        let subscription = try #require(try await bench.driver.subscription(id: "sub_1"))
        #expect(
            subscription
                == PaymentSubscription(
                    id: "sub_1", status: .active, customer: "cus_1",
                    items: [
                        PaymentSubscription.Item(
                            id: "si_1", price: "price_1", quantity: 2, unitAmount: 1900,
                            periodEnd: Timestamp(milliseconds: 1_700_002_000_000))
                    ], metadata: ["tenant": "acme"], currency: "eur",
                    createdAt: Timestamp(milliseconds: 1_700_000_000_000), isLive: true))
        #expect(bench.transport.lines == ["GET /v1/subscriptions/sub_1?expand%5B%5D=latest_invoice"])
        let request = try #require(bench.transport.requests.first)
        #expect(request.headers["Stripe-Version"] == "2026-06-24.dahlia")
        #expect(request.headers["Authorization"] == "Bearer rk_test_secret")
    }

    /// Before 2025-03-31 the period was the subscription's.
    @Test func theFormerShapeHasThePeriodOfTheSubscription() async throws {
        let item = #"{"id":"si_1","price":{"id":"price_1"}}"#
        let bench = Bench(
            .json(
                200,
                Self.subscription(#","current_period_end":1700009000,"cancel_at_period_end":true"#, items: item)))
        let subscription = try #require(try await bench.driver.subscription(id: "sub_1"))
        #expect(subscription.items.map(\.quantity) == [1])
        #expect(subscription.items.first?.periodEnd == Timestamp(milliseconds: 1_700_009_000_000))
        #expect(subscription.endsAt == Timestamp(milliseconds: 1_700_009_000_000))
    }

    @Test func anOpenInvoiceSaysSinceWhenThePaymentIsMissing() async throws {
        for (invoice, since) in [
            (#"{"id":"in_1","status":"open","created":1700001000}"#, 1_700_001_000),
            (
                #"{"id":"in_1","status":"open","created":1700001000,"status_transitions":{"finalized_at":1700004600}}"#,
                1_700_004_600
            ),
            (#"{"id":"in_1","status":"uncollectible","created":1700001000}"#, 1_700_001_000),
            (#"{"id":"in_1","status":"paid","created":1700001000}"#, nil),
            (#""in_1""#, nil), ("null", nil),
        ] as [(String, Int64?)] {
            let bench = Bench(
                .json(200, Self.subscription(#","latest_invoice":\#(invoice)"#, status: "past_due")))
            let subscription = try #require(try await bench.driver.subscription(id: "sub_1"))
            #expect(subscription.status == .pastDue)
            #expect(subscription.unpaidSince == since.map { Timestamp(milliseconds: $0 * 1000) }, "\(invoice)")
        }
    }

    @Test func furtherItemsAreReadFromTheirOwnList() async throws {
        let more = Self.subscription().replacing(#""has_more":false"#, with: #""has_more":true"#)
        let first = #"{"object":"list","data":[\#(Self.item)],"has_more":true}"#
        let second = #"{"object":"list","data":[{"id":"si_2","price":"price_2","quantity":0}],"has_more":false}"#
        let bench = Bench(.json(200, more), .json(200, first), .json(200, second))
        let subscription = try #require(try await bench.driver.subscription(id: "sub_1"))
        #expect(subscription.items.map(\.id) == ["si_1", "si_2"])
        #expect(subscription.items.map(\.quantity) == [2, 0])
        #expect(
            bench.transport.lines.dropFirst() == [
                "GET /v1/subscription_items?subscription=sub_1&limit=100",
                "GET /v1/subscription_items?subscription=sub_1&limit=100&starting_after=si_1",
            ])
    }

    @Test func anAnswerWithoutAStatusDecidesNothing() async throws {
        for answer in [
            Self.subscription().replacing(#""status":"active","#, with: ""),
            Self.subscription(items: #"{"id":"si_1"}"#), Self.subscription(items: #"{"price":"price_1"}"#),
            Self.subscription().replacing(#""created":1700000000,"#, with: ""), "[]", "{}", "null",
        ] {
            let bench = Bench(.json(200, answer))
            let failure = await failure { _ = try await bench.driver.subscription(id: "sub_1") }
            #expect(failure?.errorClass == .transient && failure?.code == "providerAnswer", "\(answer)")
        }
    }

    @Test func aMissingSubscriptionIsNoFailure() async throws {
        let missing = #"{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such"}}"#
        #expect(try await Bench(.json(404, missing)).driver.subscription(id: "sub_1") == nil)
    }

    @Test func refusalsHaveTheirClassAndStripesWords() async throws {
        func refusal(_ status: Int) async -> Failure? {
            let bench = Bench(.json(status, #"{"error":{"type":"api_error","message":"Words \u0007here"}}"#))
            return await failure { _ = try await bench.driver.subscription(id: "sub_1") }
        }
        for (status, errorClass, code) in [
            (400, ErrorClass.permanent, "badRequest"), (401, .permanent, "unauthorized"),
            (403, .permanent, "forbidden"), (409, .transient, "conflict"), (429, .transient, "rateLimited"),
            (500, .transient, "providerFault"), (503, .transient, "providerFault"),
        ] {
            let failure = await refusal(status)
            #expect(failure?.errorClass == errorClass && failure?.code == code, "\(status)")
            #expect(failure?.message.hasPrefix("cannot read subscription sub_1: Words") == true)
        }
    }

    @Test func anIDThatIsAPathIsNotSent() async throws {
        let bench = Bench()
        for id in ["", "sub_1/../../v1/events", "sub 1", "sub_\u{e9}", String(repeating: "s", count: 256)] {
            let failure = await failure { _ = try await bench.driver.subscription(id: id) }
            #expect(failure?.code == "invalidIdentifier" && failure?.errorClass == .permanent)
        }
        #expect(bench.transport.requests.isEmpty)
    }

    @Test func changedSubscriptionsComeFromEvents() async throws {
        func event(_ number: Int, _ object: String) -> String {
            #"{"id":"evt_\#(number)","object":"event","type":"t","livemode":true,"data":{"object":\#(object)}}"#
        }
        let first = [
            event(1, #"{"object":"subscription","id":"sub_1"}"#),
            event(2, #"{"object":"invoice","id":"in_1","subscription":"sub_2"}"#),
            event(3, #"{"object":"invoice","parent":{"subscription_details":{"subscription":"sub_3"}}}"#),
        ].joined(separator: ",")
        let second = [
            event(4, #"{"object":"checkout.session","subscription":{"id":"sub_4"}}"#),
            event(5, #"{"object":"charge","id":"ch_1"}"#),
        ].joined(separator: ",")
        let bench = Bench(
            .json(200, #"{"data":[\#(first)],"has_more":true}"#), .json(200, #"{"data":[\#(second)],"has_more":false}"#)
        )
        let start = Timestamp(milliseconds: 1_700_000_000_500)
        let found = try await bench.driver.changedSubscriptions(since: start, limit: 100)
        #expect(found.ids == ["sub_1", "sub_2", "sub_3", "sub_4"] && found.areAll)
        #expect(bench.transport.lines.first?.contains("created%5Bgte%5D=1700000000&types%5B%5D=") == true)
        #expect(bench.transport.lines.last?.hasSuffix("limit=100&starting_after=evt_3") == true)

        let limited = Bench(.json(200, #"{"data":[\#(first)],"has_more":true}"#))
        let some = try await limited.driver.changedSubscriptions(since: start, limit: 2)
        #expect(some.ids.count == 2 && !some.areAll)
    }

    @Test func allSubscriptionsAreListedInPages() async throws {
        let bench = Bench(
            .json(200, #"{"data":[{"id":"sub_2"},{"id":"sub_1"}],"has_more":true}"#),
            .json(200, #"{"data":[],"has_more":false}"#))
        #expect(
            try await bench.driver.subscriptions(after: nil) == PaymentPage(ids: ["sub_2", "sub_1"], hasMore: true))
        #expect(try await bench.driver.subscriptions(after: "sub_1") == PaymentPage(ids: [], hasMore: false))
        #expect(
            bench.transport.lines == [
                "GET /v1/subscriptions?status=all&limit=100",
                "GET /v1/subscriptions?status=all&limit=100&starting_after=sub_1",
            ])
    }

    @Test func aCheckoutIsReadWithItsAnswers() async throws {
        let session = """
            {"id":"cs_test_1","object":"checkout.session","payment_status":"paid","subscription":"sub_1",
             "client_reference_id":"order 1","created":1700000000,"metadata":{"name":"ada"},
             "customer_details":{"email":"jenny@example.com"},
             "custom_fields":[{"key":"region","type":"dropdown","dropdown":{"value":"eu-central"}},
                {"key":"note","type":"text","text":{"value":null}},{"key":"odd"}]}
            """
        let bench = Bench(
            .json(200, #"{"data":[\#(session)],"has_more":false}"#), .json(200, session),
            .json(200, session.replacing("\"paid\"", with: "\"unpaid\"")))
        let checkout = try #require(try await bench.driver.checkout(ofSubscription: "sub_1"))
        #expect(
            checkout
                == PaymentCheckout(
                    id: "cs_test_1", subscription: "sub_1", isPaid: true, reference: "order 1",
                    metadata: ["name": "ada"], answers: ["region": "eu-central"], email: "jenny@example.com",
                    createdAt: Timestamp(milliseconds: 1_700_000_000_000)))
        #expect(try await bench.driver.checkout(id: "cs_test_1") == checkout)
        #expect(try await bench.driver.checkout(id: "cs_test_1")?.isPaid == false)
        #expect(bench.transport.lines.first == "GET /v1/checkout/sessions?subscription=sub_1&limit=1")
    }

    @Test func theCheckNamesTheMissingRight() async throws {
        let page = #"{"data":[],"has_more":false}"#
        let refusal = #"{"error":{"message":"no"}}"#
        #expect(
            try await Bench(.json(200, page), .json(200, page), .json(200, page), .json(200, page)).driver.check()
                .isEmpty)
        let wrong = try await Bench(.json(401, refusal)).driver.check()
        #expect(wrong.map(\.description) == ["error: stripe.key: cannot read Subscriptions: no; check the key"])
        let narrow = try await Bench(
            .json(200, page), .json(200, page), .json(403, refusal), .json(200, page)
        ).driver.check()
        #expect(
            narrow.map(\.description) == [
                "error: stripe.key: cannot read Checkout Sessions: no; let the restricted key read Checkout Sessions"
            ])
        let away = Bench(.json(503, refusal))
        #expect(await failure { _ = try await away.driver.check() }?.errorClass == .transient)
    }
}

@Suite struct StripeEventTests {
    private static func event(_ changes: [String: JSONValue?] = [:]) -> JSONValue {
        var members: JSONObject = [
            "id": "evt_1", "object": "event", "type": "invoice.paid", "livemode": false,
            "data": ["object": ["object": "invoice", "subscription": "sub_1"]],
        ]
        for (name, value) in changes { members[name] = value }
        return .object(members)
    }

    @Test func anEventNamesItsSubscription() throws {
        let event = try #require(StripeEvent(Self.event()))
        #expect((event.id, event.type, event.isLive, event.subscription) == ("evt_1", "invoice.paid", false, "sub_1"))
        #expect(StripeEvent(Self.event(["data": .some(nil)]))?.subscription == nil)
        #expect(StripeEvent(Self.event(["data": ["object": ["subscription": "sub/1"]]]))?.subscription == nil)
    }

    @Test func anythingElseIsNoEvent() {
        for value in [
            Self.event(["object": "v2.core.event"]), Self.event(["id": .some(nil)]), Self.event(["id": "evt 1"]),
            Self.event(["type": 1]), Self.event(["livemode": "false"]), .null, [1],
        ] {
            #expect(StripeEvent(value) == nil, "\(value)")
        }
    }
}
