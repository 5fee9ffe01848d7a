"""The small form of scripts/prove-stream."""

from stream_proof import Size, StreamProof


def test_every_subscriber_sees_every_event_once_in_order(worlds):
    """Fifty subscribers, three of which stall, connections that are dropped, and two crashes of the daemon."""
    size = Size(subscribers=50, stalled=3, events=3000, kills=2, wave=20, rounds=1)
    figures = StreamProof(worlds(size.settings(), scale=0.001), size).run()
    assert figures["head"] >= size.events and figures["kills"] == size.kills
