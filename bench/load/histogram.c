#include "load.h"

/*
 * Latencies in buckets that grow with the values: 64 of equal width per power of two. A latency is accurate to 1.6 %, and recording
  * one takes a few instructions.
 */
enum { STEPS_LOG2 = 6, STEPS = 1 << STEPS_LOG2, POWERS = 64 - STEPS_LOG2 };

static uint64_t buckets[POWERS * STEPS + STEPS];
static uint64_t recorded;

void record_latency(uint64_t ns) {
  const int power = ns < STEPS ? 0 : 63 - __builtin_clzll(ns) - STEPS_LOG2 + 1;
  const uint64_t step = power == 0 ? ns : (ns >> (power - 1)) - STEPS;
  buckets[(uint64_t)power * STEPS + step]++;
  recorded++;
}

uint64_t latency_at(double share) {
  const uint64_t rank = (uint64_t)(share * (double)recorded);
  uint64_t seen = 0;
  for (uint64_t i = 0; i < sizeof buckets / sizeof *buckets; i++) {
    seen += buckets[i];
    if (seen <= rank) continue;
    const uint64_t power = i >> STEPS_LOG2, step = i & (STEPS - 1);
    if (power == 0) return step;
    return ((STEPS + step) << (power - 1)) + ((1ull << (power - 1)) >> 1);
  }
  return 0;
}
