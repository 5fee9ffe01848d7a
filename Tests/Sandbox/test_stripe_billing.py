"""Stripe's subscriptions over time: renewals, dunning, trials, pauses, prorations, both renderings."""

import calendar
import datetime

import pytest
import stripe

from stripe_harness import MONTH

DAY = 86_400


def status(subscription):
    return stripe.Subscription.retrieve(subscription.id).status


def renew(account, subscription):
    """Moves the clock past the end of the period and past the draft of the invoice."""
    item = stripe.Subscription.retrieve(subscription.id)["items"].data[0]
    return account.advance_to(item.current_period_end + 3_601)


def test_a_year_of_a_subscription(account):
    subscription = account.subscribe(amount=1900, quantity=2)
    start = datetime.datetime.fromtimestamp(subscription.start_date, datetime.UTC)
    ends = [subscription["items"].data[0].current_period_end]
    for _ in range(11):
        renew(account, subscription)
        ends.append(stripe.Subscription.retrieve(subscription.id)["items"].data[0].current_period_end)
    for number, end in enumerate(ends, 1):
        end = datetime.datetime.fromtimestamp(end, datetime.UTC)
        assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == number
        assert end.time() == start.time() and (end.day == start.day or end.day >= 28)
    invoices = list(stripe.Invoice.list(subscription=subscription.id, limit=100).auto_paging_iter())
    assert [row.billing_reason for row in invoices] == ["subscription_cycle"] * 11 + ["subscription_create"]
    assert {(row.status, row.total, row.attempt_count) for row in invoices} == {("paid", 3800, 1)}
    assert len({row.number for row in invoices}) == 12
    for later, earlier in zip(invoices, invoices[1:]):
        assert later.lines.data[0].period.start == earlier.lines.data[0].period.end
    assert status(subscription) == "active"


def test_a_year_in_one_step_has_the_same_events(account):
    subscription = account.subscribe()
    account.advance(365 * DAY + 7_200)
    invoices = list(stripe.Invoice.list(subscription=subscription.id, limit=100).auto_paging_iter())
    assert len(invoices) in (12, 13) and {row.status for row in invoices} == {"paid"}
    assert [row.created for row in invoices] == [row.period_start for row in invoices]
    assert account.report()["events"]["invoice.paid"] == len(invoices) and status(subscription) == "active"


def test_events_can_be_read_for_thirty_days(account):
    subscription = account.subscribe()
    event = stripe.Event.list(type="customer.subscription.created").data[0]
    account.advance(30 * DAY - 60)
    assert stripe.Event.retrieve(event.id).data.object.id == subscription.id
    account.advance(120)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.Event.retrieve(event.id)
    assert caught.value.http_status == 404
    assert event.id not in [row.id for row in stripe.Event.list(limit=100).auto_paging_iter()]


@pytest.mark.parametrize("month, day", [(1, 31), (1, 30), (11, 30), (8, 31)])
def test_periods_end_on_the_day_of_the_anchor_or_the_last_of_the_month(account, month, day):
    today = datetime.datetime.fromtimestamp(account.now(), datetime.UTC)
    start = datetime.datetime(today.year + 1, month, day, 10, tzinfo=datetime.UTC)
    while account.now() < start.timestamp():
        account.advance(min(399 * DAY, int(start.timestamp()) - account.now()))
    subscription = account.subscribe()
    for number in range(1, 5):
        year, place = divmod(start.year * 12 + month - 1 + number, 12)
        last = calendar.monthrange(year, place + 1)[1]
        item = stripe.Subscription.retrieve(subscription.id)["items"].data[0]
        end = datetime.datetime.fromtimestamp(item.current_period_end, datetime.UTC)
        assert (end.year, end.month, end.day) == (year, place + 1, min(day, last))
        renew(account, subscription)


def test_an_invoice_is_a_draft_for_an_hour(account):
    subscription = account.subscribe()
    account.advance_to(subscription["items"].data[0].current_period_end)
    invoice = stripe.Invoice.list(subscription=subscription.id).data[0]
    assert (invoice.status, invoice.auto_advance, invoice.number) == ("draft", True, None)
    assert status(subscription) == "active"
    account.advance(3_600)
    invoice = stripe.Invoice.retrieve(invoice.id)
    assert invoice.status == "paid" and invoice.status_transitions.paid_at == account.now()


@pytest.mark.parametrize("cancels, end", [(True, "canceled"), (False, "unpaid")])
def test_dunning_ends_as_the_setting_says(account, cancels, end):
    account.sandbox.settings(dunningCancels=cancels)
    subscription = account.subscribe()
    account.method(subscription.customer, "declines")
    renew(account, subscription)
    invoice = stripe.Invoice.list(subscription=subscription.id).data[0]
    assert (status(subscription), invoice.status, invoice.attempt_count) == ("past_due", "open", 1)
    assert invoice.next_payment_attempt == pytest.approx(account.now() + 3 * DAY, abs=60)
    assert stripe.Customer.retrieve(subscription.customer).delinquent
    for attempt in (2, 3):
        account.advance(3 * DAY)
        assert (status(subscription), stripe.Invoice.retrieve(invoice.id).attempt_count) == ("past_due", attempt)
    account.advance(3 * DAY)
    invoice = stripe.Invoice.retrieve(invoice.id)
    assert (status(subscription), invoice.attempt_count, invoice.next_payment_attempt) == (end, 4, None)
    ended = stripe.Subscription.retrieve(subscription.id)
    assert ended.cancellation_details.reason == ("payment_failed" if cancels else None)
    types = account.types()
    assert types.count("invoice.payment_failed") == 4
    assert types[-1] == ("customer.subscription.deleted" if cancels else "customer.subscription.updated")


def test_a_subscription_recovers_by_a_retry_or_by_paying(account):
    subscription = account.subscribe()
    account.method(subscription.customer, "declines")
    renew(account, subscription)
    account.method(subscription.customer, "pays")
    account.advance(3 * DAY)
    assert status(subscription) == "active"
    account.method(subscription.customer, "needsAction")
    renew(account, subscription)
    invoice = stripe.Invoice.list(subscription=subscription.id).data[0]
    assert "invoice.payment_action_required" in account.types() and status(subscription) == "past_due"
    with pytest.raises(stripe.CardError) as refusal:
        stripe.Invoice.pay(invoice.id)
    assert refusal.value.code == "invoice_payment_intent_requires_action"
    account.method(subscription.customer, "declines")
    with pytest.raises(stripe.CardError) as refusal:
        stripe.Invoice.pay(invoice.id)
    assert refusal.value.json_body["error"]["decline_code"] == "generic_decline"
    account.method(subscription.customer, "pays")
    assert stripe.Invoice.pay(invoice.id).status == "paid" and status(subscription) == "active"
    assert not stripe.Customer.retrieve(subscription.customer).delinquent


def test_an_unpaid_subscription_gets_drafts_and_recovers(account):
    account.sandbox.settings(dunningCancels=False, dunningRetries=0)
    subscription = account.subscribe()
    account.method(subscription.customer, "declines")
    renew(account, subscription)
    assert status(subscription) == "unpaid"
    renew(account, subscription)
    draft = stripe.Invoice.list(subscription=subscription.id).data[0]
    assert (draft.status, draft.auto_advance) == ("draft", False)
    account.method(subscription.customer, "pays")
    assert stripe.Invoice.pay(draft.id).status == "paid" and status(subscription) == "active"


def test_a_first_payment_expires_after_23_hours(account):
    customer = stripe.Customer.create()
    account.method(customer.id, "declines")
    items = [{"price": account.price().id}]
    with pytest.raises(stripe.CardError):
        stripe.Subscription.create(customer=customer.id, items=items, payment_behavior="error_if_incomplete")
    assert stripe.Subscription.list(status="all").data == []
    first = stripe.Subscription.create(customer=customer.id, items=items)
    second = stripe.Subscription.create(customer=customer.id, items=items, payment_behavior="default_incomplete")
    assert (first.status, second.status) == ("incomplete", "incomplete")
    account.method(customer.id, "pays")
    stripe.Invoice.pay(second.latest_invoice)
    account.advance(23 * 3_600 - 60)
    assert (status(first), status(second)) == ("incomplete", "active")
    account.advance(60)
    assert (status(first), status(second)) == ("incomplete_expired", "active")
    assert stripe.Invoice.retrieve(first.latest_invoice).status == "void"


def test_a_trial_ends_in_a_payment(account):
    subscription = account.subscribe(trial_period_days=14)
    assert subscription.status == "trialing" and subscription.trial_end == subscription.start_date + 14 * DAY
    account.advance(11 * DAY)
    assert account.types()[-1] == "customer.subscription.trial_will_end"
    account.advance(3 * DAY + 3_600)
    row = stripe.Subscription.retrieve(subscription.id, expand=["latest_invoice"])
    assert (row.status, row.latest_invoice.status, row.latest_invoice.total) == ("active", "paid", 1900)
    assert row.billing_cycle_anchor == subscription.trial_end


@pytest.mark.parametrize("behavior, end, type", [
    ("pause", "paused", "customer.subscription.paused"), ("cancel", "canceled", "customer.subscription.deleted"),
])
def test_a_trial_without_a_payment_method(account, behavior, end, type):
    subscription = account.subscribe(
        trial_period_days=1, trial_settings={"end_behavior": {"missing_payment_method": behavior}})
    account.method(subscription.customer, "missing")
    account.advance(DAY)
    assert status(subscription) == end and account.types()[-1] == type
    if end == "paused":
        account.method(subscription.customer, "pays")
        assert stripe.Subscription.resume(subscription.id).status == "active"
        assert "customer.subscription.resumed" in account.types()


def test_a_trial_can_end_now(account):
    subscription = account.subscribe(trial_period_days=14)
    assert stripe.Subscription.modify(subscription.id, trial_end="now").status == "active"
    assert stripe.Invoice.list(subscription=subscription.id).data[0].total == 1900


def test_a_planned_end_is_kept_or_withdrawn(account):
    kept, withdrawn = account.subscribe(), account.subscribe()
    for row in (kept, withdrawn):
        stripe.Subscription.modify(row.id, cancel_at_period_end=True)
    stripe.Subscription.modify(withdrawn.id, cancel_at_period_end=False)
    event = stripe.Event.list(type="customer.subscription.updated").data[0]
    assert event.data.previous_attributes["cancel_at_period_end"] is True
    account.advance(MONTH + 7_200)
    assert (status(kept), status(withdrawn)) == ("canceled", "active")
    assert stripe.Subscription.retrieve(kept.id).ended_at == kept["items"].data[0].current_period_end
    timed = account.subscribe()
    stripe.Subscription.modify(timed.id, cancel_at=account.now() + 100)
    account.advance(101)
    assert status(timed) == "canceled"


@pytest.mark.parametrize("behavior, invoice", [
    ("keep_as_draft", "draft"), ("void", "void"), ("mark_uncollectible", "uncollectible"),
])
def test_paused_collection(account, behavior, invoice):
    subscription = account.subscribe()
    paused = stripe.Subscription.modify(subscription.id, pause_collection={"behavior": behavior})
    assert (paused.status, paused.pause_collection.behavior) == ("active", behavior)
    renew(account, subscription)
    assert stripe.Invoice.list(subscription=subscription.id).data[0].status == invoice
    assert stripe.Subscription.modify(subscription.id, pause_collection="").pause_collection is None
    renew(account, subscription)
    assert stripe.Invoice.list(subscription=subscription.id).data[0].status == "paid"


def test_a_change_within_a_period_is_prorated(account):
    subscription = account.subscribe(amount=3000)
    item = subscription["items"].data[0]
    account.advance_to((item.current_period_start + item.current_period_end) // 2)
    stripe.Subscription.modify(subscription.id, items=[{"id": item.id, "quantity": 3}])
    renew(account, subscription)
    invoice = stripe.Invoice.list(subscription=subscription.id).data[0]
    amounts = [line.amount for line in invoice.lines.data]
    assert amounts == pytest.approx([-1500, 4500, 9000], abs=2) and invoice.total == sum(amounts)
    flags = [line.parent.subscription_item_details.proration for line in invoice.lines.data]
    assert flags == [True, True, False]
    stripe.Subscription.modify(
        subscription.id, items=[{"id": item.id, "quantity": 1}], proration_behavior="none")
    renew(account, subscription)
    assert stripe.Invoice.list(subscription=subscription.id).data[0].total == 3000
    stripe.Subscription.modify(
        subscription.id, items=[{"id": item.id, "quantity": 2}], proration_behavior="always_invoice")
    invoice = stripe.Invoice.list(subscription=subscription.id).data[0]
    assert (invoice.billing_reason, invoice.status) == ("subscription_update", "paid")


def test_the_largest_amounts_are_prorated(account):
    subscription = account.subscribe(amount=99_999_999, quantity=999_999)
    item = subscription["items"].data[0]
    account.advance(DAY)
    stripe.Subscription.modify(
        subscription.id, items=[{"id": item.id, "quantity": 999_998}], proration_behavior="always_invoice")
    credit, debit = stripe.Invoice.list(subscription=subscription.id).data[0].lines.data
    assert -99_999_999 * 999_999 < credit.amount < -9e13 and 9e13 < debit.amount < 99_999_999 * 999_998


def test_items_are_added_by_price_data_until_the_subscription_is_over(account):
    subscription = account.subscribe()
    product = stripe.Product.create(name="Storage")
    data = {"currency": "eur", "unit_amount": 500, "product": product.id, "recurring": {"interval": "month"}}
    item = stripe.SubscriptionItem.create(subscription=subscription.id, price_data=data)
    assert (item.price.unit_amount, item.price.product) == (500, product.id)
    stripe.Subscription.cancel(subscription.id)
    for change in (
            lambda: stripe.SubscriptionItem.create(subscription=subscription.id, price=account.price().id),
            lambda: stripe.SubscriptionItem.modify(item.id, quantity=2),
            lambda: stripe.SubscriptionItem.delete(item.id)):
        with pytest.raises(stripe.InvalidRequestError, match="canceled subscription"):
            change()


def test_administration_refuses_numbers_out_of_range(account):
    subscription = account.subscribe()
    for path, body in (
            ("/clock", {"to": -(2 ** 63)}), ("/clock", {"to": 0}), ("/clock", {"advanceSeconds": 2 ** 62}),
            (f"/subscriptions/{subscription.id}", {"quantity": 2 ** 62}),
            ("/after-event", {"type": "customer.subscription.updated", "quantity": -1})):
        answer = account.sandbox.session.post(
            f"{account.sandbox.url}/_sandbox/stripe{path}", json=body, timeout=30)
        assert answer.status_code in (400, 422), (path, answer.text)


def test_another_interval_starts_a_new_period(account):
    subscription = account.subscribe()
    yearly = account.price(19_000, recurring={"interval": "year"})
    account.advance(DAY)
    item = subscription["items"].data[0]
    changed = stripe.Subscription.modify(subscription.id, items=[{"id": item.id, "price": yearly.id}])
    period = changed["items"].data[0]
    assert period.current_period_start == changed.billing_cycle_anchor == pytest.approx(account.now(), abs=60)
    assert period.current_period_end - period.current_period_start in (365 * DAY, 366 * DAY)
    assert stripe.Invoice.retrieve(changed.latest_invoice).total == pytest.approx(19_000 - 1_840, abs=60)


def test_both_renderings(account):
    subscription = account.subscribe()
    old = stripe.Subscription.retrieve(subscription.id, stripe_version="2024-06-20")
    new = stripe.Subscription.retrieve(subscription.id, stripe_version="2025-03-31.basil")
    assert "current_period_end" not in old["items"].data[0] and "current_period_end" not in new
    assert old.current_period_end == new["items"].data[0].current_period_end
    assert (old.plan.amount, old.quantity) == (1900, 1)
    invoice = stripe.Invoice.retrieve(subscription.latest_invoice, stripe_version="2024-06-20")
    assert invoice.subscription == subscription.id and invoice.paid and "parent" not in invoice
    assert stripe.Charge.retrieve(invoice.charge, stripe_version="2024-06-20").invoice == invoice.id
    assert invoice.lines.data[0].price.id == subscription["items"].data[0].price.id
    invoice = stripe.Invoice.retrieve(subscription.latest_invoice, stripe_version="2026-06-24.dahlia")
    assert invoice.parent.subscription_details.subscription == subscription.id and "subscription" not in invoice
    session = account.session(account.price())
    shown = {
        version: stripe.checkout.Session.retrieve(session.id, stripe_version=version).ui_mode
        for version in ("2024-06-20", "2025-03-31.basil", "2026-06-24.dahlia")}
    assert shown == {"2024-06-20": "hosted", "2025-03-31.basil": "hosted", "2026-06-24.dahlia": "hosted_page"}
