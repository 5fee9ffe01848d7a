"""Stripe's API with the official client of PyPI, unmodified: objects, lists, errors, idempotency."""

import threading
import time

import pytest
import requests
import stripe

from stripe_harness import Account


def test_the_official_client_buys_changes_and_cancels(account):
    price = account.price()
    session = account.session(price, client_reference_id="ord_1", metadata={"plan": "starter"})
    assert (session.status, session.payment_status) == ("open", "unpaid") and session.url
    account.buy(session.id, email="jenny@example.com", name="Jenny Example")
    session = stripe.checkout.Session.retrieve(session.id, expand=["line_items", "subscription"])
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    assert session.client_reference_id == "ord_1" and session.metadata["plan"] == "starter"
    assert session.customer_details.email == "jenny@example.com"
    assert session.line_items.data[0].price.id == price.id and session.line_items.data[0].description == "Agent"
    subscription = session.subscription
    assert subscription.status == "active" and subscription.customer == session.customer
    item = subscription["items"].data[0]
    changed = stripe.Subscription.modify(
        subscription.id, items=[{"id": item.id, "quantity": 3}], metadata={"a": "b"})
    assert changed["items"].data[0].quantity == 3 and changed.metadata["a"] == "b"
    planned = stripe.Subscription.modify(subscription.id, cancel_at_period_end=True)
    assert planned.cancel_at_period_end and planned.cancel_at == item.current_period_end
    assert stripe.Subscription.modify(subscription.id, cancel_at_period_end=False).cancel_at is None
    assert stripe.Subscription.cancel(subscription.id).status == "canceled"
    invoice = stripe.Invoice.retrieve(session.invoice, expand=["payments"])
    assert (invoice.status, invoice.amount_paid, invoice.billing_reason) == ("paid", 1900, "subscription_create")
    intent = stripe.PaymentIntent.retrieve(invoice.payments.data[0].payment.payment_intent)
    assert intent.status == "succeeded" and stripe.Charge.retrieve(intent.latest_charge).paid


def test_a_list_walks_over_all_pages_in_both_directions(account):
    made = [stripe.Customer.create(email=f"{number}@example.com").id for number in range(25)]
    first = stripe.Customer.list()
    assert len(first.data) == 10 and first.has_more and first.url == "/v1/customers"
    assert [row.id for row in stripe.Customer.list(limit=7).auto_paging_iter()] == made[::-1]
    backwards = stripe.Customer.list(limit=7, ending_before=made[0]).auto_paging_iter()
    assert [row.id for row in backwards] == made[1:]
    assert [row.id for row in stripe.Customer.list(limit=3, starting_after=made[3])] == made[2::-1]
    assert [row.id for row in stripe.Customer.list(email="7@example.com")] == [made[7]]


def test_lists_are_filtered_by_time_and_status(account):
    first = account.subscribe()
    account.advance(100)
    second = account.subscribe()
    assert [row.id for row in stripe.Subscription.list(created={"gte": second.created})] == [second.id]
    assert [row.id for row in stripe.Subscription.list(created={"lt": second.created})] == [first.id]
    stripe.Subscription.cancel(first.id)
    assert [row.id for row in stripe.Subscription.list()] == [second.id]
    assert [row.id for row in stripe.Subscription.list(status="canceled")] == [first.id]
    assert [row.id for row in stripe.Subscription.list(status="all")] == [second.id, first.id]
    assert [row.id for row in stripe.Subscription.list(customer=first.customer, status="all")] == [first.id]
    assert len(stripe.Invoice.list(subscription=second.id, status="paid").data) == 1
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Subscription.list(status="odd")


def test_expansion_reaches_the_product_of_a_list(account):
    account.subscribe()
    rows = stripe.Subscription.list(expand=["data.items.data.price.product", "data.latest_invoice", "data.customer"])
    row = rows.data[0]
    assert row["items"].data[0].price.product.name == "Agent"
    assert row.latest_invoice.status == "paid" and row.customer.email == "jenny@example.com"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        stripe.Subscription.retrieve(row.id, expand=["status"])
    assert "cannot be expanded" in str(refusal.value)


def test_items_of_a_subscription(account):
    subscription = account.subscribe(quantity=2)
    items = stripe.SubscriptionItem.list(subscription=subscription.id)
    item = items.data[0]
    assert (len(items.data), item.quantity, item.subscription) == (1, 2, subscription.id)
    dearer = account.price(4900)
    changed = stripe.SubscriptionItem.modify(item.id, price=dearer.id, quantity=5)
    assert (changed.price.id, changed.quantity, changed.id) == (dearer.id, 5, item.id)
    added = stripe.SubscriptionItem.create(subscription=subscription.id, price=account.price(100).id)
    assert len(stripe.Subscription.retrieve(subscription.id)["items"].data) == 2
    assert stripe.SubscriptionItem.delete(added.id).deleted
    with pytest.raises(stripe.InvalidRequestError):
        stripe.SubscriptionItem.delete(item.id)


def test_errors_are_the_exceptions_of_the_client(account, monkeypatch):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        stripe.Subscription.retrieve("sub_x")
    error = refusal.value
    assert (error.http_status, error.code, error.param) == (404, "resource_missing", "id")
    assert error.user_message == "No such subscription: 'sub_x'" and error.request_id.startswith("req_")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        stripe.Subscription.create(customer="cus_x", items=[{"price": "price_x"}])
    assert (refusal.value.http_status, refusal.value.param) == (400, "customer")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        stripe.Price.create(currency="eur", unit_amount="much", product_data={"name": "x"})
    assert (refusal.value.code, refusal.value.param) == ("parameter_invalid_integer", "unit_amount")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        stripe.Customer.create(colour="red")
    assert (refusal.value.code, refusal.value.param) == ("parameter_unknown", "colour")
    monkeypatch.setattr(stripe, "api_key", "sk_test_unknown")
    with pytest.raises(stripe.AuthenticationError):
        stripe.Customer.list()
    monkeypatch.setattr(stripe, "api_key", account.restricted_key)
    assert stripe.Customer.list().data == []
    with pytest.raises(stripe.PermissionError):
        stripe.Customer.create()


def test_basic_and_bearer_keys_and_the_headers_of_responses(account):
    basic = requests.get(f"{account.base}/v1/customers", auth=(account.key, ""), timeout=10)
    assert basic.status_code == 200 and basic.headers["Request-Id"].startswith("req_")
    bare = requests.get(f"{account.base}/v1/customers", timeout=10)
    assert bare.status_code == 401 and bare.json()["error"]["type"] == "invalid_request_error"
    answer = account.raw("GET", "/customers", headers={"Stripe-Version": "2024-06-20"})
    assert answer.headers["Stripe-Version"] == "2024-06-20"
    assert account.raw("GET", "/customers", headers={"Stripe-Version": "yesterday"}).status_code == 400
    unknown = account.raw("GET", "/nothing")
    assert unknown.status_code == 404 and unknown.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("body, status", [
    ("email=a%40b.example&metadata[x]=1+2&metadata[%C3%BC]=%E2%82%AC", 200), ("email=%4", 400), ("email=%FF", 400),
    ("metadata[a=1", 400), ("metadata=x&metadata[a]=1", 400), ("metadata[a][b]=1", 400), ("email[a]=1", 400),
    ("&".join(f"metadata[k{number}]=1" for number in range(51)), 400), ("a" + "[b]" * 20 + "=1", 400), ("", 200),
])
def test_forms_with_brackets(account, body, status):
    answer = account.raw("POST", "/customers", data=body)
    assert answer.status_code == status, answer.text
    if "%E2" in body:
        assert answer.json()["metadata"] == {"x": "1 2", "ü": "€"} and answer.json()["email"] == "a@b.example"


def test_lists_in_forms_may_have_indices_or_not(account):
    price, other = account.price(), account.price(100)
    customer = stripe.Customer.create().id
    for body in (
            f"customer={customer}&items[1][price]={other.id}&items[0][price]={price.id}&items[0][quantity]=2",
            f"customer={customer}&items[][price]={price.id}&items[][quantity]=2&items[][price]={other.id}"):
        answer = account.raw("POST", "/subscriptions", data=body)
        assert [(row["price"]["id"], row["quantity"]) for row in answer.json()["items"]["data"]] == [
            (price.id, 2), (other.id, 1)]


def test_metadata_is_merged_and_unset(account):
    customer = stripe.Customer.create(metadata={"a": "1", "b": "2"})
    changed = stripe.Customer.modify(customer.id, metadata={"a": "", "c": "3"})
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    assert stripe.Customer.modify(customer.id, metadata="").metadata.to_dict() == {}


def test_an_idempotency_key_replays_the_first_response(account):
    first = account.raw("POST", "/customers", data={"email": "a@example.com"}, headers={"Idempotency-Key": "k1"})
    again = account.raw("POST", "/customers", data={"email": "a@example.com"}, headers={"Idempotency-Key": "k1"})
    assert again.json() == first.json() and "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Original-Request"] == first.headers["Request-Id"] != again.headers["Request-Id"]
    with pytest.raises(stripe.IdempotencyError):
        stripe.Customer.create(email="b@example.com", idempotency_key="k1")
    assert len(stripe.Customer.list().data) == 1
    same = [stripe.Customer.create(email="c@example.com", idempotency_key="k2").id for _ in range(2)]
    assert same[0] == same[1] and len(stripe.Customer.list().data) == 2
    account.advance(86_401)
    assert account.raw(
        "POST", "/customers", data={"email": "b@example.com"}, headers={"Idempotency-Key": "k1"}).status_code == 200


@pytest.mark.parametrize("effect, count", [(False, 0), (True, 1)])
def test_a_500_is_stored_and_replayed(account, effect, count):
    account.sandbox.fault("status", "/stripe/v1/customers", "POST", status=500, effect=effect)
    for replayed in (None, "true", "true"):
        with pytest.raises(stripe.APIError) as refusal:
            stripe.Customer.create(idempotency_key="k")
        assert refusal.value.http_status == 500
        assert refusal.value.headers.get("Idempotent-Replayed") == replayed
        assert refusal.value.headers["Stripe-Should-Retry"] == "false"
    assert len(stripe.Customer.list().data) == count


def test_a_refusal_before_the_execution_is_not_stored(account):
    headers = {"Idempotency-Key": "k"}
    assert account.raw("POST", "/customers", data={"email[a]": "1"}, headers=headers).status_code == 400
    account.sandbox.fault("rateLimited", "/stripe/v1/customers", "POST")
    assert account.raw("POST", "/customers", data={"email": "a"}, headers=headers).status_code == 429
    done = account.raw("POST", "/customers", data={"email": "a"}, headers=headers)
    assert done.status_code == 200 and "Idempotent-Replayed" not in done.headers
    assert account.raw("POST", "/customers", headers={"Idempotency-Key": "k" * 256}).status_code == 400


def test_a_key_in_use_is_refused_while_the_first_call_runs(account):
    account.sandbox.fault("slow", "/stripe/v1/customers", "POST", seconds=1.5)
    slow = threading.Thread(
        target=lambda: requests.post(
            f"{account.base}/v1/customers", auth=(account.key, ""), headers={"Idempotency-Key": "k"}, timeout=30))
    slow.start()
    deadline = time.monotonic() + 10
    while account.report()["idempotencyKeys"] == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    busy = account.raw("POST", "/customers", headers={"Idempotency-Key": "k"})
    assert busy.status_code == 409 and busy.headers["Stripe-Should-Retry"] == "true", busy.text
    slow.join(30)
    assert account.raw(
        "POST", "/customers", headers={"Idempotency-Key": "k"}).headers["Idempotent-Replayed"] == "true"


def test_a_lost_response_is_replayed_by_the_retry_of_the_client(account, monkeypatch):
    monkeypatch.setattr(stripe, "max_network_retries", 2)
    account.sandbox.fault("loseAnswer", "/stripe/v1/customers", "POST")
    assert stripe.Customer.create(email="a@example.com").email == "a@example.com"
    assert len(stripe.Customer.list().data) == 1


def test_rate_limits_name_their_limiter(account, monkeypatch):
    account.sandbox.fault("rateLimited", "/stripe/v1/customers", code="endpoint-rate", retryAfter=1)
    with pytest.raises(stripe.RateLimitError) as refusal:
        stripe.Customer.list()
    headers = refusal.value.headers
    assert headers["Stripe-Rate-Limited-Reason"] == "endpoint-rate" and headers["Stripe-Should-Retry"] == "false"
    monkeypatch.setattr(stripe, "max_network_retries", 1)
    account.sandbox.fault("rateLimited", "/stripe/v1/customers", shouldRetry=True)
    assert stripe.Customer.list().data == []
    account.sandbox.settings(stripeCallsPerSecond=1)
    answers = [account.raw("GET", "/customers") for _ in range(10)]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited and limited[0].headers["Stripe-Rate-Limited-Reason"] == "global-rate"


def test_refunds_and_disputes(account):
    account.subscribe()
    charge = stripe.Charge.list().data[0]
    part = stripe.Refund.create(charge=charge.id, amount=900, reason="requested_by_customer")
    assert (part.amount, part.status) == (900, "succeeded")
    shown = stripe.Charge.retrieve(charge.id)
    assert (shown.amount_refunded, shown.refunded) == (900, False)
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Refund.create(charge=charge.id, amount=1001)
    stripe.Refund.create(payment_intent=charge.payment_intent)
    assert stripe.Charge.retrieve(charge.id).refunded
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        stripe.Refund.create(charge=charge.id)
    assert refusal.value.code == "charge_already_refunded" and len(stripe.Refund.list(charge=charge.id).data) == 2
    account.subscribe()
    charge = stripe.Charge.list().data[0]
    dispute = account.admin("POST", f"/charges/{charge.id}/dispute", reason="fraudulent")
    assert stripe.Charge.retrieve(charge.id).disputed
    assert stripe.Dispute.retrieve(dispute["id"]).status == "needs_response"
    account.admin("POST", f"/disputes/{dispute['id']}", outcome="lost")
    assert stripe.Dispute.list(charge=charge.id).data[0].status == "lost"
    types = account.types()
    for type in ("refund.created", "charge.refunded", "charge.dispute.created", "charge.dispute.closed"):
        assert type in types


def test_ids_depend_on_the_seed_only(start, monkeypatch):
    made = []
    for _ in range(2):
        sandbox = start("--hosts", "none", "--health-port", "0", "--seed", "7")
        account = Account(sandbox)
        monkeypatch.setattr(stripe, "api_key", account.key)
        monkeypatch.setattr(stripe, "api_base", account.base)
        subscription = account.subscribe()
        made.append((subscription.id, subscription.customer, subscription["items"].data[0].id, account.types()))
        sandbox.stop()
    assert made[0] == made[1]


def test_a_reset_removes_all_objects(account):
    account.subscribe()
    account.sandbox.admin("POST", "/reset")
    report = account.report()
    assert report["subscriptions"] == [] and report["events"] == {}
    assert stripe.Subscription.list(status="all").data == []
