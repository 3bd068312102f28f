/* The load generator of the benchmarks: what its files share. See bench/README.md. */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- load.c ---- */

struct options {
  const char *mode;         /* echo, broadcast, handshake, idle; or, as the other side, serve-echo, serve-stream */
  int port;                 /* of the server that is measured */
  pid_t pid;                /* of the process that is measured */
  int connections;
  int in_flight;            /* messages of one connection that wait for their echo */
  size_t size;              /* of a payload, in bytes */
  bool text;                /* text frames; binary ones if not */
  bool deflate;             /* the payload is compressed already (RFC 7692), and permessage-deflate is offered */
  const char *payload_file; /* what to send, in place of generated text */
  double warm_up, duration; /* seconds */
};

extern struct options options;

/* Ends with a line of JSON that says why. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Of memory, or fails. */
void *allocate(size_t size);

/* What is sent: `size` bytes of text, or the contents of a file, which then say what the size is. */
uint8_t *load_payload(void);

/* ---- clock.c: time, and who had the processors meanwhile ---- */

uint64_t now_ns(void); /* monotonic */

struct usage {
  uint64_t at;       /* ns */
  uint64_t measured; /* CPU time of the measured process, ns */
  uint64_t own;      /* CPU time of this process, ns */
  uint64_t waited;   /* how long the measured process's main thread was ready to run and could not, ns */
  uint64_t own_waited;
  uint64_t busy;     /* CPU time of everything on this machine, ns; the kernel counts it in ticks of 10 ms */
  uint64_t stolen;   /* taken by the host that this machine is a guest of, ns */
};

struct usage take_usage(pid_t measured);

/* Prints one line of JSON: what happened from `begin` to `end`, with the latencies of histogram.c. */
void report(struct usage begin, struct usage end, uint64_t messages, uint64_t errors);

/* ---- histogram.c: latencies ---- */

void record_latency(uint64_t ns);
uint64_t latency_at(double share); /* ns; 0 if there are none */

/* ---- frames.c: RFC 6455 §5.2 ---- */

enum { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10, MAX_HEADER = 14, MAX_CONTROL = 125 };

/* Reads frames out of a stream that may be cut anywhere. */
struct parser {
  uint8_t header[MAX_HEADER];
  uint8_t have;    /* bytes of the header so far */
  bool in_payload;
  bool rsv1;
  bool fin;
  bool masked;
  uint8_t opcode;
  uint8_t key[4];
  uint64_t length; /* of the payload */
  uint64_t taken;  /* of those, seen so far */
};

/* What came: `payload` is a part of a frame's payload, beginning at byte `parser->taken` of it; `ended` that it was the last one. */
typedef void on_payload(void *context, const struct parser *parser, const uint8_t *payload, size_t size, bool ended);

void parse(struct parser *parser, const uint8_t *bytes, size_t size, on_payload *callback, void *context);

/* Writes a header, gives its size. `key` may be NULL: not masked. */
size_t write_header(uint8_t *to, uint8_t first, uint64_t length, const uint8_t *key);

/* ---- http.c: the opening handshake, RFC 6455 §4 ---- */

/* The request, with a key that never changes. */
const char *request_head(void);

/* Whether this head accepts it; fails where permessage-deflate was offered and not taken. */
bool accepts(const char *head);

/* Writes the response to a request. False if there is no key in it. */
bool write_response(char *to, size_t size, const char *request);

/* ---- clients.c, counterpart.c: the two sides ---- */

void run_clients(void);
void run_counterpart(void);

#endif
