/* What the files of the load generator share. See bench/README.md. */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- load.c ---- */

struct options {
  const char *mode;         /* echo, broadcast, handshake, idle; or, as the server of a client, serve-echo, serve-stream */
  int port;                 /* of the measured server */
  pid_t pid;                /* of the measured process */
  int connections;
  int in_flight;            /* messages of one connection that wait for their echo */
  size_t size;              /* of a payload, in bytes */
  bool text;                /* text frames instead of binary ones */
  bool deflate;             /* offer permessage-deflate (RFC 7692); the payload is compressed already */
  const char *payload_file; /* the payload, instead of generated text */
  double warm_up, duration; /* seconds */
};

extern struct options options;

/* Prints a line of JSON with the reason, and exits. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Allocates memory, or fails. */
void *allocate(size_t size);

/* Returns the payload: `size` bytes of text, or the contents of a file, which then determine the size. */
uint8_t *load_payload(void);

/* ---- clock.c: time, and the use of the processors ---- */

uint64_t now_ns(void); /* monotonic */

struct usage {
  uint64_t at;       /* ns */
  uint64_t measured; /* CPU time of the measured process, ns */
  uint64_t own;      /* CPU time of this process, ns */
  uint64_t waited;   /* how long the measured process's main thread waited for a processor, ns */
  uint64_t own_waited;
  uint64_t busy;     /* CPU time of everything on this machine, ns; the kernel counts it in ticks of 10 ms */
  uint64_t stolen;   /* CPU time taken by the host of this virtual machine, ns */
};

struct usage take_usage(pid_t measured);

/* Prints one line of JSON: a report on the time from `begin` to `end`, with the latencies of histogram.c. */
void report(struct usage begin, struct usage end, uint64_t messages, uint64_t errors);

/* ---- histogram.c: latencies ---- */

void record_latency(uint64_t ns);
uint64_t latency_at(double share); /* ns; 0 if there are none */

/* ---- frames.c: RFC 6455 §5.2 ---- */

enum { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10, MAX_HEADER = 14, MAX_CONTROL = 125 };

/* Reads frames from a stream in arbitrary pieces. */
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
  uint64_t taken;  /* payload bytes seen so far */
};

/* Called for a part of a payload, which starts at byte `parser->taken`. `ended` is true for the last part. */
typedef void on_payload(void *context, const struct parser *parser, const uint8_t *payload, size_t size, bool ended);

void parse(struct parser *parser, const uint8_t *bytes, size_t size, on_payload *callback, void *context);

/* Writes a header and returns its size. With `key` NULL, the frame is not masked. */
size_t write_header(uint8_t *to, uint8_t first, uint64_t length, const uint8_t *key);

/* ---- http.c: the opening handshake, RFC 6455 §4 ---- */

/* Returns the request, with a constant key. */
const char *request_head(void);

/* Returns whether this head accepts the handshake. Fails if permessage-deflate was offered and not accepted. */
bool accepts(const char *head);

/* Writes the response to a request. Returns false if the request has no key. */
bool write_response(char *to, size_t size, const char *request);

/* ---- clients.c, counterpart.c: the two roles ---- */

void run_clients(void);
void run_counterpart(void);

#endif
