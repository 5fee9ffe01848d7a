"""Stripe's webhooks: a local receiver gets them, and the official client verifies them."""

import json
import time

import pytest
import stripe

from harness import eventually


def refused(delivery, secret):
    with pytest.raises(stripe.SignatureVerificationError):
        delivery.verified(secret)
    return True


def disturb(account, fault, **fields):
    account.admin("POST", "/webhook-faults", fault=fault, **fields)


def report(account):
    return account.report()["webhooks"]


def test_a_purchase_is_delivered_and_verified(account, receiver):
    secret = receiver.register().secret
    session = account.session(account.price())
    account.buy(session.id)
    count = sum(account.report()["events"].values())
    deliveries = receiver.wait(count)
    assert len(deliveries) == count
    for delivery in deliveries:
        event = delivery.verified(secret)
        assert event.livemode is False and delivery.headers["Content-Type"] == "application/json; charset=utf-8"
        assert delivery.headers["User-Agent"].startswith("Stripe/1.0")
        assert ",v0=" in delivery.header and refused(delivery, secret + "x")
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(json.dumps(delivery.json()), delivery.header, secret)
    completed = next(d.verified(secret) for d in deliveries if d.json()["type"] == "checkout.session.completed")
    assert completed.data.object.payment_status == "paid" and completed.request.id is None
    assert completed.data.object.subscription == stripe.checkout.Session.retrieve(session.id).subscription
    created = next(d.json() for d in deliveries if d.json()["type"] == "price.created")
    assert created["request"]["id"].startswith("req_") and created["request"]["idempotency_key"]
    eventually(lambda: stripe.Event.retrieve(completed.id).pending_webhooks == 0)
    assert completed.pending_webhooks == 1
    eventually(lambda: stripe.Event.list(delivery_success=False).data == [])


def test_endpoints_choose_types_and_versions(account, receiver):
    endpoint = receiver.register(["customer.subscription.created"], api_version="2024-06-20")
    assert endpoint.secret.startswith("whsec_") and endpoint.api_version == "2024-06-20"
    assert "secret" not in stripe.WebhookEndpoint.retrieve(endpoint.id)
    account.subscribe()
    event = receiver.wait(1)[0].verified(endpoint.secret)
    assert event.api_version == "2024-06-20" and event.data.object.current_period_end
    assert stripe.Event.retrieve(event.id).api_version == "2026-06-24.dahlia"
    stripe.WebhookEndpoint.modify(endpoint.id, disabled=True)
    assert stripe.WebhookEndpoint.retrieve(endpoint.id).status == "disabled"
    account.subscribe()
    stripe.WebhookEndpoint.modify(endpoint.id, disabled=False, enabled_events=["price.created"])
    account.price()
    assert [delivery.json()["type"] for delivery in receiver.wait(2)] == [
        "customer.subscription.created", "price.created"]
    assert [row.id for row in stripe.WebhookEndpoint.list()] == [endpoint.id]
    assert stripe.WebhookEndpoint.delete(endpoint.id).deleted
    with pytest.raises(stripe.InvalidRequestError):
        stripe.WebhookEndpoint.retrieve(endpoint.id)
    with pytest.raises(stripe.InvalidRequestError):
        stripe.WebhookEndpoint.create(url="example.com", enabled_events=["*"])


@pytest.mark.parametrize("status", [302, 400, 500])
def test_every_answer_but_2xx_is_retried_with_a_fresh_signature(account, receiver, status):
    account.sandbox.settings(webhookRetrySeconds=60)  # 1.2 s at the scale of the tests
    secret = receiver.register(["product.created"]).secret
    receiver.answer = lambda _: status if len(receiver.deliveries) < 2 else 204
    stripe.Product.create(name="x")
    first, second = receiver.wait(2)
    assert first.json()["id"] == second.json()["id"]
    times = [int(delivery.header.split(",")[0][2:]) for delivery in (first, second)]
    assert times[0] < times[1] and first.header != second.header
    assert first.verified(secret) and second.verified(secret)
    eventually(lambda: report(account)["delivered"] == 1)
    attempts = account.sandbox.admin("GET", "/stripe/deliveries")["attempts"]
    assert [(row["attempt"], row["delivered"], row["result"]) for row in attempts] == [
        (1, False, str(status)), (2, True, "204")]


def test_retries_have_a_bound(account, receiver):
    account.sandbox.settings(webhookRetrySeconds=1, webhookRetries=2)
    receiver.register(["product.created"])
    receiver.answer = lambda _: 500
    stripe.Product.create(name="x")
    eventually(lambda: report(account)["givenUp"] == 1)
    assert len(receiver.deliveries) == 3 and report(account)["failed"] == 3
    event = stripe.Event.list(delivery_success=False).data[0]
    assert event.pending_webhooks == 1
    receiver.answer = lambda _: 200
    account.admin("POST", f"/events/{event.id}/resend")
    receiver.wait(4)
    eventually(lambda: stripe.Event.retrieve(event.id).pending_webhooks == 0)


def test_a_slow_or_absent_receiver_delays_neither_the_api_nor_others(account, receiver):
    account.sandbox.settings(webhookTimeoutSeconds=0.5, webhookRetries=0, webhookConcurrency=4)
    receiver.register(["product.created"])
    stripe.WebhookEndpoint.create(url="http://127.0.0.1:1/none", enabled_events=["product.created"])
    receiver.answer = lambda _: time.sleep(2) or 200
    began = time.monotonic()
    for number in range(10):
        stripe.Product.create(name=str(number))
    assert time.monotonic() - began < 10
    seen = []

    def ended():
        shown = report(account)
        seen.append(shown["inProgress"])
        return shown["givenUp"] == 20

    eventually(ended, 30)
    assert max(seen) <= 4
    results = {row["result"] for row in account.sandbox.admin("GET", "/stripe/deliveries")["attempts"]}
    assert results <= {"timedOut", "notSent", "connectionLost"}


def test_duplicates_concurrent_deliveries_and_twins(account, receiver):
    secret = receiver.register(["product.created"]).secret
    disturb(account, "duplicate", copies=2, seconds=0.1)
    stripe.Product.create(name="x")
    assert len({delivery.json()["id"] for delivery in receiver.wait(3)}) == 1
    disturb(account, "concurrent", copies=5)
    receiver.answer = lambda _: time.sleep(0.3) or 200
    receiver.most_busy = 0
    stripe.Product.create(name="y")
    receiver.wait(9)
    assert receiver.most_busy >= 2
    receiver.answer = lambda _: 200
    disturb(account, "twin")
    product = stripe.Product.create(name="z")
    twins = [delivery.verified(secret) for delivery in receiver.wait(11)[9:]]
    assert twins[0].id != twins[1].id
    assert [(event.type, event.data.object.id) for event in twins] == [("product.created", product.id)] * 2


def test_the_order_changes(account, receiver):
    receiver.register(["invoice.paid", "checkout.session.completed"])
    disturb(account, "delay", type="invoice.paid", seconds=0.7)
    account.buy(account.session(account.price()).id)
    assert [delivery.json()["type"] for delivery in receiver.wait(2)] == ["checkout.session.completed", "invoice.paid"]
    stripe.WebhookEndpoint.modify(
        stripe.WebhookEndpoint.list().data[0].id, enabled_events=["customer.created"])
    disturb(account, "shuffle", count=0, seconds=1.0)
    made = [stripe.Customer.create().id for _ in range(12)]
    got = [delivery.json()["data"]["object"]["id"] for delivery in receiver.wait(14)[2:]]
    assert got != made and sorted(got) == sorted(made)


@pytest.mark.parametrize("fault", ["wrongSecret", "onlyV0", "oldTime", "badHex", "noTime", "thin"])
def test_bad_deliveries_are_refused_by_the_official_client(account, receiver, fault):
    secret = receiver.register(["product.created"]).secret
    disturb(account, fault)
    stripe.Product.create(name="bad")
    stripe.Product.create(name="good")
    deliveries = receiver.wait(2)
    verdicts = []
    for delivery in deliveries:
        try:
            verdicts.append(delivery.verified(secret).data.object.name)
        except (stripe.SignatureVerificationError, ValueError) as error:
            verdicts.append(type(error).__name__)
    assert sorted(verdicts)[-1] == "good" and len(set(verdicts)) == 2
    if fault == "thin":
        assert any(delivery.json()["object"] == "v2.core.event" for delivery in deliveries)


@pytest.mark.parametrize("fault", ["futureTime", "manyPieces", "whitespace", "otherLivemode"])
def test_unusual_deliveries_are_valid_for_the_official_client(account, receiver, fault):
    secret = receiver.register(["product.created"]).secret
    disturb(account, fault)
    stripe.Product.create(name="Grüße 東京")
    delivery = receiver.wait(1)[0]
    event = delivery.verified(secret)
    assert event.data.object.name == "Grüße 東京"
    if fault == "futureTime":
        assert int(delivery.header.split(",")[0][2:]) > time.time() + 500
    if fault == "manyPieces":
        assert delivery.header.count("v1=") == 2 and not delivery.header.startswith("t=")
    if fault == "whitespace":
        assert b" \r\n\t" in delivery.body and "🚀".encode() in delivery.body
    if fault == "otherLivemode":
        assert event.livemode is True


def test_a_body_above_any_sane_size(account, receiver):
    secret = receiver.register(["product.created"]).secret
    disturb(account, "oversized", bytes=2_000_000)
    stripe.Product.create(name="x")
    delivery = receiver.wait(1)[0]
    assert len(delivery.body) > 2_000_000 and delivery.verified(secret)


def test_a_rolled_secret_signs_until_it_expires(account, receiver):
    endpoint = receiver.register(["product.created"])
    new = account.admin("POST", f"/webhook-endpoints/{endpoint.id}/roll", expiresInSeconds=3_600)["secret"]
    stripe.Product.create(name="x")
    delivery = receiver.wait(1)[0]
    assert delivery.header.count("v1=") == 2
    assert delivery.verified(endpoint.secret).id == delivery.verified(new).id
    newest = account.admin("POST", f"/webhook-endpoints/{endpoint.id}/roll")["secret"]
    stripe.Product.create(name="y")
    delivery = receiver.wait(2)[1]
    assert delivery.header.count("v1=") == 1 and delivery.verified(newest) and refused(delivery, new)


def test_tests_can_make_events_of_any_type(account, receiver):
    secret = receiver.register().secret
    made = account.admin("POST", "/events", type="aura.unknown", object={"id": "x_1", "object": "x"})
    event = receiver.wait(1)[0].verified(secret)
    assert (event.id, event.type, event.data.object.id) == (made["id"], "aura.unknown", "x_1")
    assert stripe.Event.retrieve(event.id).type == "aura.unknown"


def test_a_subscription_can_be_newer_than_its_event(account, receiver):
    receiver.register(["customer.subscription.updated"])
    subscription = account.subscribe()
    receiver.wait(1)
    account.admin(
        "POST", "/after-event", type="customer.subscription.updated", subscription=subscription.id, quantity=7)
    stripe.Subscription.modify(subscription.id, metadata={"a": "b"})
    reported = receiver.wait(2)[1].json()["data"]["object"]
    assert reported["items"]["data"][0]["quantity"] == 1 and reported["metadata"] == {"a": "b"}
    assert stripe.Subscription.retrieve(subscription.id)["items"].data[0].quantity == 7
    account.admin("POST", f"/subscriptions/{subscription.id}", status="past_due")
    assert stripe.Subscription.retrieve(subscription.id).status == "past_due"
    assert len(receiver.deliveries) == 2


def test_a_faultless_account_is_consistent_with_its_events(account, receiver):
    secret = receiver.register(["customer.subscription.created", "customer.subscription.updated",
                                "customer.subscription.deleted"]).secret
    subscription = account.subscribe()
    stripe.Subscription.modify(subscription.id, items=[{"id": subscription["items"].data[0].id, "quantity": 4}])
    account.advance(31 * 86_400)
    stripe.Subscription.cancel(subscription.id)
    count = sum(value for name, value in account.report()["events"].items() if name.startswith("customer.subscription"))
    events = {delivery.json()["id"]: delivery.verified(secret) for delivery in receiver.wait(count)}
    order = [event.id for event in stripe.Event.list(limit=100).auto_paging_iter() if event.id in events]
    last = events[order[0]].data.object
    assert json.loads(str(last)) == json.loads(str(stripe.Subscription.retrieve(
        subscription.id, stripe_version="2026-06-24.dahlia")))
