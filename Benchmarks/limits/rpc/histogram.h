/* Latencies in buckets that are less than 1 % wide: 128 of them between a power of two and the next. */
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

/* The latency that `share` of all (0.99) did not exceed, in microseconds. */
double histogram_quantile(const struct histogram *histogram, double share);
