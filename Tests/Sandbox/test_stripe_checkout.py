"""Checkout sessions and payment links of Stripe: the buyer is played by administration calls."""

import pytest
import requests
import stripe


def field(key, kind="text", **more):
    return {"key": key, "type": kind, "label": {"type": "custom", "custom": key.title()}, **more}


def test_a_delayed_payment_succeeds_later(account):
    session = account.session(account.price())
    account.buy(session.id, "unpaid")
    session = stripe.checkout.Session.retrieve(session.id, expand=["subscription"])
    assert (session.status, session.payment_status, session.subscription.status) == ("complete", "unpaid", "incomplete")
    assert account.types()[-1] == "checkout.session.completed"
    account.advance(3 * 86_400)
    account.buy(session.id, "succeeded")
    session = stripe.checkout.Session.retrieve(session.id, expand=["subscription", "invoice"])
    assert (session.payment_status, session.subscription.status) == ("paid", "active")
    assert session.invoice.status == "paid" and account.types()[-1] == "checkout.session.async_payment_succeeded"


def test_a_delayed_payment_fails_later(account):
    session = account.session(account.price())
    account.buy(session.id, "unpaid")
    account.buy(session.id, "failed")
    session = stripe.checkout.Session.retrieve(session.id, expand=["subscription"])
    assert (session.payment_status, session.subscription.status) == ("unpaid", "incomplete")
    assert account.types()[-1] == "checkout.session.async_payment_failed"
    account.advance(23 * 3_600)
    assert stripe.Subscription.retrieve(session.subscription.id).status == "incomplete_expired"


def test_a_subscription_may_be_active_before_the_money_arrives(account):
    session = account.session(account.price())
    account.buy(session.id, "unpaid", subscriptionStatus="active")
    session = stripe.checkout.Session.retrieve(session.id, expand=["subscription"])
    assert (session.payment_status, session.subscription.status) == ("unpaid", "active")
    account.buy(session.id, "failed")
    assert stripe.Subscription.retrieve(session.subscription.id).status == "past_due"


@pytest.mark.parametrize("amount, data, status", [
    (0, {}, "active"), (1900, {"trial_period_days": 14}, "trialing"),
])
def test_a_free_session_needs_no_payment(account, amount, data, status):
    session = account.session(account.price(amount), subscription_data={"metadata": {"plan": "starter"}, **data})
    account.buy(session.id)
    session = stripe.checkout.Session.retrieve(session.id, expand=["subscription", "invoice"])
    assert (session.payment_status, session.subscription.status) == ("no_payment_required", status)
    assert session.subscription.metadata["plan"] == "starter" and session.invoice.amount_due == 0
    assert stripe.Charge.list().data == []


def test_a_declined_card_leaves_the_session_open(account):
    session = account.session(account.price())
    account.buy(session.id, "declined")
    assert stripe.checkout.Session.retrieve(session.id).status == "open"
    assert "charge.failed" in account.types() and stripe.Subscription.list(status="all").data == []
    account.buy(session.id)
    assert stripe.checkout.Session.retrieve(session.id).payment_status == "paid"


def test_sessions_expire_by_call_and_by_the_clock(account):
    first, second = account.session(account.price()), account.session(account.price())
    assert stripe.checkout.Session.expire(first.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        stripe.checkout.Session.expire(first.id)
    account.advance(86_400)
    assert stripe.checkout.Session.retrieve(second.id).status == "expired"
    assert account.types().count("checkout.session.expired") == 2
    with pytest.raises(AssertionError):
        account.buy(second.id)


def test_custom_fields_and_an_adjustable_quantity(account):
    price = account.price()
    session = account.session(
        price, line_items=[{"price": price.id, "quantity": 1, "adjustable_quantity": {
            "enabled": True, "minimum": 1, "maximum": 5}}],
        custom_fields=[field("name"), field("region", "dropdown", dropdown={"options": [
            {"label": "Europe", "value": "eu"}, {"label": "America", "value": "us"}]}), field("note", optional=True)])
    with pytest.raises(AssertionError):
        account.buy(session.id, customFields={"region": "eu"})
    with pytest.raises(AssertionError):
        account.buy(session.id, customFields={"name": "ada", "region": "mars"})
    with pytest.raises(AssertionError):
        account.buy(session.id, customFields={"name": "ada", "region": "eu"}, quantity=6)
    account.buy(session.id, customFields={"name": "ada", "region": "eu"}, quantity=3)
    session = stripe.checkout.Session.retrieve(session.id, expand=["subscription"])
    values = {row.key: row[row.type].value for row in session.custom_fields}
    assert values == {"name": "ada", "region": "eu", "note": None}
    assert session.subscription["items"].data[0].quantity == 3 and session.amount_total == 3 * 1900


def test_a_known_customer_buys_again(account):
    customer = stripe.Customer.create(email="jenny@example.com")
    session = account.session(account.price(), customer=customer.id)
    account.buy(session.id, paymentMethod="declines")
    assert stripe.checkout.Session.retrieve(session.id).customer == customer.id
    assert len(stripe.Customer.list().data) == 1
    assert account.report()["customers"][0]["paymentMethod"] == "declines"


def test_a_session_of_mode_payment(account):
    price = stripe.Price.create(currency="eur", unit_amount=500, product_data={"name": "Setup"})
    session = account.session(price, mode="payment")
    account.buy(session.id)
    session = stripe.checkout.Session.retrieve(session.id, expand=["payment_intent.latest_charge"])
    assert session.payment_intent.status == "succeeded" and session.payment_intent.latest_charge.amount == 500
    assert (session.subscription, session.invoice, session.payment_status) == (None, None, "paid")


def test_a_price_may_be_part_of_the_session(account):
    session = stripe.checkout.Session.create(
        mode="subscription", success_url="https://example.com/ok", line_items=[{"quantity": 2, "price_data": {
            "currency": "eur", "unit_amount": 700, "product_data": {"name": "Agent"},
            "recurring": {"interval": "month"}}}])
    assert session.amount_total == 1400
    items = stripe.checkout.Session.list_line_items(session.id)
    assert items.data[0].description == "Agent" and items.data[0].price.unit_amount == 700


def test_each_visitor_of_a_payment_link_gets_a_session(account):
    link = stripe.PaymentLink.create(
        line_items=[{"price": account.price().id, "quantity": 1}], metadata={"plan": "starter"},
        custom_fields=[field("name")], subscription_data={"metadata": {"from": "link"}})
    assert link.active and link.url.startswith("https://buy.stripe.com/")
    visits = [account.admin("POST", f"/payment-links/{link.id}/visit", clientReferenceId=name) for name in "ab"]
    account.buy(visits[0]["id"], customFields={"name": "ada"})
    session = stripe.checkout.Session.retrieve(visits[0]["id"], expand=["payment_link", "subscription", "line_items"])
    assert session.payment_link.id == link.id and session.client_reference_id == "a"
    assert session.metadata["plan"] == "starter" and session.subscription.metadata["from"] == "link"
    assert [row.id for row in stripe.checkout.Session.list(payment_link=link.id)] == [row["id"] for row in visits[::-1]]
    stripe.PaymentLink.modify(link.id, active=False)
    with pytest.raises(AssertionError):
        account.admin("POST", f"/payment-links/{link.id}/visit")
    assert stripe.PaymentLink.list(active=False).data[0].id == link.id


def test_misspelled_fields_of_administration_calls_are_refused(account):
    session = account.session(account.price())
    answer = requests.post(
        f"{account.sandbox.url}/_sandbox/stripe/checkout/sessions/{session.id}", timeout=10,
        json={"outcome": "paid", "mail": "x"})
    assert answer.status_code == 422
    answer = requests.post(
        f"{account.sandbox.url}/_sandbox/stripe/clock", timeout=10, json={"advanceSeconds": 1},
        headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
