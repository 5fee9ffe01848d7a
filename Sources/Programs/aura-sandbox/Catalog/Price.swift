import Foundation
import JSON

/// The monthly price of a server type and the amounts that depend on it.
struct Price: Sendable {
    /// The net price of a month in euro cents.
    let monthlyCents: Int64

    /// The value-added tax of the simulated account.
    static let vatPercent: Int64 = 19

    /// The included traffic of every type: 20 TiB.
    static let includedTrafficBytes: Int64 = 21_990_232_555_520

    /// Returns one element of the field `prices[]`.
    func json(location: String) -> JSONValue {
        [
            "location": .string(location), "included_traffic": .integer(Self.includedTrafficBytes),
            "price_hourly": Self.amount(hourly), "price_monthly": Self.amount(monthlyCents * 100),
            "price_per_tb_traffic": Self.amount(10_000),
        ]
    }

    /// The price of an hour in ten-thousandths of a euro: a 625th of the monthly price, rounded up.
    private var hourly: Int64 { (monthlyCents * 100 + 624) / 625 }

    /// Returns the net and gross amounts as decimal strings; `net` is in ten-thousandths of a euro.
    static func amount(_ net: Int64) -> JSONValue {
        ["net": .string(decimal(net)), "gross": .string(decimal(net * (100 + vatPercent) / 100))]
    }

    private static func decimal(_ tenThousandths: Int64) -> String {
        String(format: "%ld.%04ld", tenThousandths / 10_000, tenThousandths % 10_000)
    }
}

/// The route `GET /pricing`.
enum Pricing {
    /// Returns the whole price list.
    static func json(_ catalog: Catalog) -> JSONValue {
        let perMonth = { (net: Int64) -> JSONValue in ["price_monthly": Price.amount(net)] }
        let ipv4 = catalog.locations.map { location -> JSONValue in
            [
                "location": .string(location.name), "price_hourly": Price.amount(8),
                "price_monthly": Price.amount(5_000),
            ]
        }
        let floating = catalog.locations.map { location -> JSONValue in
            ["location": .string(location.name), "price_monthly": Price.amount(30_000)]
        }
        return [
            "pricing": [
                "currency": "EUR", "vat_rate": .string("\(Price.vatPercent).000000"),
                "image": ["price_per_gb_month": Price.amount(110)], "volume": ["price_per_gb_month": Price.amount(440)],
                "server_backup": ["percentage": "20.0000000000"], "floating_ip": perMonth(30_000),
                "floating_ips": [["type": "ipv4", "prices": .array(floating)]],
                "primary_ips": [["type": "ipv4", "prices": .array(ipv4)]],
                "server_types": .array(
                    catalog.types.map { ["id": .integer($0.id), "name": .string($0.name), "prices": $0.prices] }),
                "load_balancer_types": [],
            ]
        ]
    }
}
