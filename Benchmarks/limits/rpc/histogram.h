/* A histogram of latencies. Its buckets are less than 1 % wide: 128 between two powers of two. */
#pragma once
#include <stdint.h>

enum { histogram_bits = 7, histogram_powers = 34 };

struct histogram {
    uint64_t counts[histogram_powers << histogram_bits];
    uint64_t total;
};

static inline void histogram_add(struct histogram *histogram, uint64_t ns) {
    int shift = ns >> histogram_bits ? 63 - __builtin_clzll(ns) - histogram_bits : 0;
    uint64_t bucket = ((uint64_t)shift << histogram_bits) + (ns >> shift);
    uint64_t last = (histogram_powers << histogram_bits) - 1;
    histogram->counts[bucket < last ? bucket : last]++;
    histogram->total++;
}

/* Returns the latency that a `share` of all values (0.99) does not exceed, in microseconds. */
double histogram_quantile(const struct histogram *histogram, double share);
