/// A time that no request needs, also on a busy machine. Requests of tests that expect a reply have it, because the
/// standard limit of 30 seconds includes the wait for a processor.
let ample = Duration.seconds(600)
