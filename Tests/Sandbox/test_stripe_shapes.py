"""The objects of Stripe against the examples of stripe/openapi: every member of an example is present."""

import json

import pytest
import stripe

from conftest import SHARED

EXAMPLES = SHARED / "facts" / "spec" / "stripe.fixtures.slice.json"

# Members that the examples have only because they were recorded with an older version of the API.
OLD = {"invoice.subscription"}


def missing(example, shown, path):
    """Returns the paths of members that the example has and the object lacks. A null has no members."""
    if isinstance(example, dict) and isinstance(shown, dict):
        if path.endswith((".metadata", ".payment_method_options", ".next_action")):
            return []
        gone = [f"{path}.{name}" for name in example if name not in shown]
        return gone + [row for name in example if name in shown
                       for row in missing(example[name], shown[name], f"{path}.{name}")]
    if isinstance(example, list) and isinstance(shown, list) and example and shown:
        return missing(example[0], shown[0], path)
    return []


@pytest.fixture
def shown(account, receiver):
    """Returns one object of each kind of the examples."""
    endpoint = receiver.register()
    price = account.price()
    session = account.session(price)
    account.buy(session.id)
    session = stripe.checkout.Session.retrieve(session.id)
    subscription = stripe.Subscription.retrieve(session.subscription)
    refund = stripe.Refund.create(charge=stripe.Charge.list().data[0].id, amount=100)
    customer = stripe.Customer.create()
    return {
        "event": stripe.Event.list().data[0], "checkout.session": session, "subscription": subscription,
        "subscription_item": subscription["items"].data[0], "invoice": stripe.Invoice.retrieve(session.invoice),
        "customer": stripe.Customer.retrieve(session.customer), "refund": refund,
        "charge": stripe.Charge.retrieve(refund.charge),
        "payment_intent": stripe.PaymentIntent.retrieve(refund.payment_intent),
        "webhook_endpoint": stripe.WebhookEndpoint.retrieve(endpoint.id), "price": price,
        "product": stripe.Product.retrieve(price.product), "deleted_customer": stripe.Customer.delete(customer.id),
    }


@pytest.mark.skipif(not EXAMPLES.exists(), reason=f"{EXAMPLES} is missing")
def test_objects_have_the_members_of_the_examples(shown):
    examples = json.loads(EXAMPLES.read_text())["resources"]
    assert set(examples) - set(shown) == {"deleted_subscription_item"}
    gone = [row for kind, row in shown.items()
            for row in missing(examples[kind], json.loads(str(row)), kind.replace("deleted_", ""))
            if not row.startswith("event.data.")]
    assert set(gone) - OLD == set()
    for kind, row in shown.items():
        assert row.object == examples[kind]["object"]
