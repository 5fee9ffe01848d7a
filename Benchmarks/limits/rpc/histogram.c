#include "histogram.h"

#include <stddef.h>

/* Returns the middle of a bucket, in nanoseconds. The first 256 buckets hold one value each. */
static double middle(uint64_t bucket) {
    uint64_t shift = bucket >> histogram_bits ? (bucket >> histogram_bits) - 1 : 0;
    uint64_t low = (bucket - (shift << histogram_bits)) << shift;
    return (double)low + (double)((1ull << shift) - 1) / 2;
}

double histogram_quantile(const struct histogram *histogram, double share) {
    double wanted = share * (double)histogram->total;
    uint64_t seen = 0;
    for (uint64_t bucket = 0; bucket < histogram_powers << histogram_bits; bucket++) {
        seen += histogram->counts[bucket];
        if (seen > 0 && (double)seen >= wanted) return middle(bucket) / 1000;
    }
    return 0;
}
