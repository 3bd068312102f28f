#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t read_clock(clockid_t id) {
  struct timespec time;
  if (clock_gettime(id, &time) != 0) fail("the measured process has ended");
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

uint64_t now_ns(void) {
  return read_clock(CLOCK_MONOTONIC);
}

/* /proc/PID/schedstat: "ns on a CPU, ns ready and waiting for one, times it ran". Some kernels do not have it: then 0. */
static uint64_t time_waited(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
  unsigned long long ran, waited = 0;
  FILE *file = fopen(path, "r");
  if (file == NULL) return 0;
  if (fscanf(file, "%llu %llu", &ran, &waited) != 2) waited = 0;
  fclose(file);
  return waited;
}

/* The first line of /proc/stat, in ticks: user, nice, system, idle, iowait, irq, softirq, steal. */
static void read_machine(struct usage *usage) {
  unsigned long long user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  FILE *file = fopen("/proc/stat", "r");
  if (file == NULL) return;
  const char *format = "cpu %llu %llu %llu %llu %llu %llu %llu %llu";
  if (fscanf(file, format, &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal) == 8) {
    const uint64_t tick = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
    usage->busy = (user + nice + system + irq + softirq) * tick;
    usage->stolen = steal * tick;
  }
  fclose(file);
}

struct usage take_usage(pid_t measured) {
  struct usage usage = {0};
  clockid_t clock;
  if (clock_getcpuclockid(measured, &clock) != 0) fail("there is no process %d to measure", (int)measured);
  read_machine(&usage);
  usage.waited = time_waited(measured);
  usage.own_waited = time_waited(getpid());
  usage.measured = read_clock(clock);
  usage.own = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  usage.at = now_ns();
  return usage;
}

void report(struct usage begin, struct usage end, uint64_t messages, uint64_t errors) {
  const double elapsed = (double)(end.at - begin.at) / 1e9;
  const double measured = (double)(end.measured - begin.measured) / 1e9;
  const double own = (double)(end.own - begin.own) / 1e9;
  const double stolen = (double)(end.stolen - begin.stolen) / 1e9;
  /* The clocks of processes continue while the host has taken the processor. `busy` does not. */
  const double others = (double)(end.busy - begin.busy) / 1e9 + stolen - measured - own;
  printf("{\"messages\":%llu,\"seconds\":%.6f,\"cpu\":%.6f,\"generatorCpu\":%.6f,\"othersCpu\":%.2f,\"stolen\":%.2f,"
         "\"waited\":%.6f,\"generatorWaited\":%.6f,\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"errors\":%llu}\n",
         (unsigned long long)messages, elapsed, measured, own, others > 0 ? others : 0,
         stolen, (double)(end.waited - begin.waited) / 1e9,
         (double)(end.own_waited - begin.own_waited) / 1e9, (double)latency_at(0.5) / 1e3,
         (double)latency_at(0.9) / 1e3, (double)latency_at(0.99) / 1e3, (double)latency_at(0.999) / 1e3,
         (unsigned long long)errors);
  fflush(stdout);
}
