"""Helpers of the tests of Stripe: the official client, a shop with one product, and a receiver of webhooks."""

import http.server
import json
import threading
import time

import stripe

from harness import eventually

MONTH = 31 * 86_400


class Account:
    """The sandbox's Stripe account, used with the official client of PyPI."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.key = (sandbox.directory / "stripe.key").read_text().strip()
        self.restricted_key = (sandbox.directory / "stripe-restricted.key").read_text().strip()
        self.base = f"{sandbox.url}/stripe"

    def raw(self, method, path, *, key=None, headers=None, **options):
        """Sends a request without the official client."""
        headers = {"Authorization": f"Bearer {key or self.key}", **(headers or {})}
        return self.sandbox.session.request(
            method, f"{self.base}/v1{path}", headers=headers, timeout=30, **options)

    def admin(self, method, path, **body):
        return self.sandbox.admin(method, f"/stripe{path}", json=body)

    def report(self):
        return self.sandbox.state()["stripe"]

    def now(self):
        return self.sandbox.admin("GET", "/stripe/clock")["now"]

    def advance(self, seconds):
        return self.admin("POST", "/clock", advanceSeconds=seconds)["now"]

    def advance_to(self, time):
        return self.admin("POST", "/clock", to=time)["now"]

    def method(self, customer, method):
        self.admin("POST", f"/customers/{customer}", paymentMethod=method)

    def price(self, amount=1900, **fields):
        product = stripe.Product.create(name="Agent")
        recurring = fields.pop("recurring", {"interval": "month"})
        return stripe.Price.create(
            product=product.id, currency="eur", unit_amount=amount, recurring=recurring, **fields)

    def subscribe(self, amount=1900, quantity=1, **fields):
        """Returns a subscription that the API created, with its customer."""
        customer = stripe.Customer.create(email="jenny@example.com")
        return stripe.Subscription.create(
            customer=customer.id, items=[{"price": self.price(amount).id, "quantity": quantity}], **fields)

    def session(self, price, **fields):
        values = {
            "mode": "subscription", "success_url": "https://example.com/ok",
            "line_items": [{"price": price.id, "quantity": 1}], **fields}
        return stripe.checkout.Session.create(**values)

    def buy(self, session, outcome="paid", **fields):
        """Plays the buyer of a Checkout session."""
        return self.admin("POST", f"/checkout/sessions/{session}", outcome=outcome, **fields)

    def types(self):
        """Returns the types of all events, the oldest first."""
        return [event.type for event in stripe.Event.list(limit=100).auto_paging_iter()][::-1]


class Delivery:
    def __init__(self, headers, body):
        self.at = time.time()
        self.header = headers.get("Stripe-Signature")
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    def verified(self, secret):
        """Returns the event, verified by the official client."""
        return stripe.Webhook.construct_event(self.body, self.header, secret)


class Receiver:
    """A receiver of webhooks. `answer` returns the status of the response to a delivery."""

    def __init__(self):
        self.deliveries = []
        self.answer = lambda delivery: 200
        self.busy = 0
        self.most_busy = 0
        lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                delivery = Delivery(dict(self.headers), body)
                with lock:
                    receiver.deliveries.append(delivery)
                    receiver.busy += 1
                    receiver.most_busy = max(receiver.most_busy, receiver.busy)
                status = receiver.answer(delivery)
                with lock:
                    receiver.busy -= 1
                try:
                    self.send_response(status)
                    if status in (301, 302):
                        self.send_header("Location", "/elsewhere")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except ConnectionError:
                    pass  # the sender has given up

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hooks/stripe"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def types(self):
        return [delivery.json()["type"] for delivery in list(self.deliveries)]

    def wait(self, count, seconds=20.0):
        """Waits for a number of deliveries and returns them all."""
        eventually(lambda: len(self.deliveries) >= count, seconds)
        return list(self.deliveries)

    def register(self, events=("*",), **fields):
        """Registers the receiver as an endpoint, which has its secret then."""
        return stripe.WebhookEndpoint.create(url=self.url, enabled_events=list(events), **fields)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)
