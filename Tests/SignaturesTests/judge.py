#!/usr/bin/env python3
"""Judges signatures of webhooks with the packages standardwebhooks and stripe, as they are published.

Reads one JSON object from standard input and writes one to standard output:

    {"messages": [{"id", "time", "body", "secret", "stripeSecret", "fields": {...}, "wrong": {...}}]}
    {"verdicts": [{"accepts", "refuses", "signature", "stripe", "stripeAccepts"}]}

`fields` are header fields that must be accepted, `wrong` some that must be refused. `signature` and `stripe` are the
values that the packages make for the same message.
"""

import datetime
import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from stripe import SignatureVerificationError
from stripe import WebhookSignature


def accepts(webhook, body, fields):
    """Returns whether standardwebhooks accepts the fields."""
    try:
        webhook.verify(body, fields, json_parse=False)
        return True
    except WebhookVerificationError:
        return False


def stripe_accepts(body, header, secret):
    """Returns whether stripe accepts the header."""
    try:
        return WebhookSignature.verify_header(body, header, secret, 300)
    except SignatureVerificationError:
        return False


def verdict(message):
    """Returns what the packages say about one message."""
    webhook = Webhook(message["secret"])
    time = datetime.datetime.fromtimestamp(message["time"], tz=datetime.timezone.utc)
    stripe_header = WebhookSignature.generate_signature_header(message["body"], message["stripeSecret"], message["time"])
    return {
        "accepts": accepts(webhook, message["body"], message["fields"]),
        "refuses": not accepts(webhook, message["body"], message["wrong"]),
        "signature": webhook.sign(message["id"], time, message["body"]),
        "stripe": stripe_header,
        "stripeAccepts": stripe_accepts(message["body"], stripe_header, message["stripeSecret"]),
    }


json.dump({"verdicts": [verdict(message) for message in json.load(sys.stdin)["messages"]]}, sys.stdout)
