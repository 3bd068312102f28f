/* The clients: opens connections, keeps them busy in one of four ways, and counts messages. */
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum stage { CONNECTING, UPGRADING, OPEN, CLOSING, CLOSED };

struct client {
  int fd;
  enum stage stage;
  bool waits_for_room;      /* the socket is full: wait for EPOLLOUT */
  uint16_t head_size;       /* bytes of the response head so far */
  uint16_t control_size;
  struct parser parser;
  size_t to_send;           /* bytes of `frames` to send */
  size_t sent_of_frame;     /* bytes of the next frame that were sent */
  uint64_t received;        /* messages received */
  uint64_t opened_at;
  uint64_t *sent_at;        /* times of the messages in flight: message i at i mod in_flight; shared in a broadcast */
  uint8_t control[MAX_CONTROL];
  char *head;
};

enum { CHUNK = 1 << 18, HEAD = 4096, EVENTS = 256, PENDING = 128, BLOCK = 1 << 16 };
static const double OPENING_TIMEOUT = 60;

/* No byte has its high bit set, so that masked text never contains the first byte of a frame. */
static const uint8_t KEY[4] = {0x12, 0x34, 0x56, 0x78};

static enum { ECHO, BROADCAST, HANDSHAKE, VISIT, IDLE } mode;
/* Whether each client opens a connection, closes it, and begins again: HANDSHAKE and VISIT. */
static bool cycles;
static int epoll;
static uint8_t chunk[CHUNK];

/* The frame that is sent, repeated so that one send() can send everything due, and its unmasked payload. */
static uint8_t *payload, *frames;
static size_t frame_size, header_size, frames_size;
static uint8_t close_frame[8];

static struct client *clients;
static int started, open_count;
static uint64_t chunk_at;                      /* when the current chunk was read */
static uint64_t messages, errors;
static uint64_t published, deliveries;         /* broadcast messages, and deliveries of those in flight */
static bool measuring;

static void connect_client(struct client *client);

static void prepare_frames(void) {
  payload = load_payload();
  frames = allocate(MAX_HEADER + options.size);
  const uint8_t first = 0x80 | (options.deflate ? 0x40 : 0) | (options.text ? TEXT : BINARY);
  header_size = write_header(frames, first, options.size, KEY);
  frame_size = header_size + options.size;
  for (size_t i = 0; i < options.size; i++) frames[header_size + i] = payload[i] ^ KEY[i & 3];
  size_t copies = BLOCK / frame_size;
  if (copies > (size_t)options.in_flight) copies = (size_t)options.in_flight;
  if (copies < 1) copies = 1;
  frames_size = copies * frame_size;
  uint8_t *block = allocate(frames_size);
  for (size_t i = 0; i < copies; i++) memcpy(block + i * frame_size, frames, frame_size);
  free(frames);
  frames = block;

  const size_t size = write_header(close_frame, 0x80 | CLOSE, 2, KEY);
  close_frame[size] = (1000 >> 8) ^ KEY[0];
  close_frame[size + 1] = (1000 & 0xff) ^ KEY[1];
}

static void watch(struct client *client, int how, uint32_t what) {
  struct epoll_event event = {.events = what, .data.ptr = client};
  if (epoll_ctl(epoll, how, client->fd, &event) != 0) fail("epoll_ctl: %s", strerror(errno));
}

/* Sends as much as the socket accepts. */
static void flush(struct client *client) {
  while (client->to_send > 0) {
    const size_t in_block = frames_size - client->sent_of_frame;
    const size_t size = client->to_send < in_block ? client->to_send : in_block;
    const ssize_t sent = send(client->fd, frames + client->sent_of_frame, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) fail("send: %s", strerror(errno));
    client->to_send -= (size_t)sent;
    client->sent_of_frame = (client->sent_of_frame + (size_t)sent) % frame_size;
  }
  const bool full = client->to_send > 0;
  if (full != client->waits_for_room) watch(client, EPOLL_CTL_MOD, full ? EPOLLIN | EPOLLOUT : EPOLLIN);
  client->waits_for_room = full;
}

/* Sends messages. `first` is the index of the first one, modulo in_flight. */
static void send_messages(struct client *client, uint64_t first, uint64_t count) {
  const uint64_t at = now_ns();
  for (uint64_t i = first; i < first + count; i++) client->sent_at[i % (uint64_t)options.in_flight] = at;
  client->to_send += count * frame_size;
  flush(client);
}

/* The first client publishes: as many messages as may be in flight, and the next ones when every client has received them. */
static void publish(void) {
  send_messages(&clients[0], published, (uint64_t)options.in_flight);
  published += (uint64_t)options.in_flight;
  deliveries = 0;
}

/* Answers the keepalive of a server (RFC 6455 §5.5.3). */
static void send_pong(struct client *client) {
  uint8_t pong[MAX_HEADER + MAX_CONTROL];
  const size_t size = write_header(pong, 0x80 | PONG, client->control_size, KEY);
  for (size_t i = 0; i < client->control_size; i++) pong[size + i] = client->control[i] ^ KEY[i & 3];
  /* A Pong cannot be sent in the middle of a frame. Such a connection is busy and needs no keepalive. */
  if (client->to_send == 0) send(client->fd, pong, size + client->control_size, MSG_NOSIGNAL);
}

static void take_control(struct client *client, const struct parser *parser, const uint8_t *bytes, size_t size, bool ended) {
  if (parser->length > MAX_CONTROL) fail("a control frame of %llu bytes", (unsigned long long)parser->length);
  memcpy(client->control + parser->taken, bytes, size);
  client->control_size = (uint16_t)parser->length;
  if (!ended) return;
  if (parser->opcode == PING) send_pong(client);
  if (parser->opcode != CLOSE) return;
  if (!cycles) fail("the server closed: %.*s", client->control_size - 2, client->control + 2);
  client->stage = CLOSED;
}

/* The first message of each connection must be the one that was sent, masked (raw-net) or not. */
static void compare(const struct parser *parser, const uint8_t *bytes, size_t size) {
  if (options.deflate) {
    if (!parser->rsv1) fail("the server accepted compression, but does not compress");
    return;
  }
  const uint8_t *expected = (parser->masked ? frames + header_size : payload) + parser->taken;
  const bool same = parser->length == options.size && parser->opcode == (options.text ? TEXT : BINARY);
  if (!same || memcmp(bytes, expected, size) != 0) fail("the echo differs from the message");
}

static void take_payload(void *context, const struct parser *parser, const uint8_t *bytes, size_t size, bool ended) {
  struct client *client = context;
  if (parser->opcode >= CLOSE) {
    take_control(client, parser, bytes, size, ended);
    return;
  }
  /* Fragments are counted as messages. No contender sends any. */
  if (client->received == 0 && parser->fin && parser->opcode != 0) compare(parser, bytes, size);
  if (!ended || !parser->fin) return;
  if (measuring) record_latency(chunk_at - client->sent_at[client->received % (uint64_t)options.in_flight]);
  client->received++;
  messages++;
}

static void take_frames(struct client *client, const uint8_t *bytes, size_t size) {
  const uint64_t before = client->received;
  chunk_at = now_ns();
  parse(&client->parser, bytes, size, take_payload, client);
  const uint64_t came = client->received - before;
  if (came == 0) return;
  /* Message i + in_flight takes the place of message i. */
  if (mode == ECHO) send_messages(client, before, came);
  if (mode == BROADCAST) {
    deliveries += came;
    if (deliveries == (uint64_t)options.connections * (uint64_t)options.in_flight) publish();
  }
}

static void take_head(struct client *client, size_t size) {
  client->head_size += (uint16_t)size;
  client->head[client->head_size] = '\0';
  const char *end = strstr(client->head, "\r\n\r\n");
  if (end == NULL && client->head_size == HEAD - 1) fail("a response head of more than %d bytes", HEAD);
  if (end == NULL) return;
  if (!accepts(client->head)) fail("the opening handshake failed:  %.*s", (int)strcspn(client->head, "\r\n"), client->head);
  if (cycles) {
    client->stage = CLOSING;
    if (send(client->fd, close_frame, sizeof close_frame, MSG_NOSIGNAL) != sizeof close_frame) errors++;
    return;
  }
  client->stage = OPEN;
  open_count++;
  if (started < options.connections) connect_client(&clients[started++]);
  const size_t rest = client->head_size - (size_t)(end + 4 - client->head);
  if (rest > 0) take_frames(client, (const uint8_t *)end + 4, rest);
}

/* The connection was opened and closed. Unless this is a VISIT, the server ended TCP first, as it should (RFC 6455 §7.1.1). */
static void end_cycle(struct client *client, bool well) {
  if (well) {
    messages++;
    if (measuring) record_latency(now_ns() - client->opened_at);
  } else {
    errors++;
  }
  close(client->fd);
  connect_client(client);
}

static void connect_client(struct client *client) {
  static uint32_t source;
  client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client->fd < 0) fail("socket: %s (see ulimit -n)", strerror(errno));
  const int yes = 1;
  setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  /* Uses many addresses, 127.0.1.1 and up, so that no round runs out of ports that the previous round used. */
  setsockopt(client->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000101 + source++ % 250)};
  bind(client->fd, (struct sockaddr *)&from, sizeof from);
  const struct sockaddr_in to = {
    .sin_family = AF_INET, .sin_port = htons((uint16_t)options.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
  };
  client->stage = CONNECTING;
  client->head_size = 0;
  client->received = 0;
  client->parser = (struct parser){0};
  client->opened_at = now_ns();
  if (connect(client->fd, (const struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) {
    fail("connect: %s", strerror(errno));
  }
  watch(client, EPOLL_CTL_ADD, EPOLLOUT);
}

static void send_request(struct client *client) {
  const char *head = request_head();
  const size_t size = strlen(head);
  if (send(client->fd, head, size, MSG_NOSIGNAL) != (ssize_t)size) fail("cannot send the request:  %s", strerror(errno));
  client->stage = UPGRADING;
  watch(client, EPOLL_CTL_MOD, EPOLLIN);
}

static void read_client(struct client *client) {
  const bool upgrading = client->stage == UPGRADING;
  void *to = upgrading ? (void *)(client->head + client->head_size) : chunk;
  const ssize_t size = recv(client->fd, to, upgrading ? HEAD - 1u - client->head_size : CHUNK, 0);
  if (size > 0) {
    if (upgrading) take_head(client, (size_t)size);
    else take_frames(client, chunk, (size_t)size);
    if (mode == VISIT && client->stage == CLOSED) end_cycle(client, true);
    return;
  }
  if (size < 0 && errno == EAGAIN) return;
  if (!cycles) fail("the server ended a connection: %s", size < 0 ? strerror(errno) : "FIN");
  end_cycle(client, size == 0 && client->stage == CLOSED);
}

/* Runs until the time `until`, or as long as `go_on` returns true. */
static void run(uint64_t until, bool (*go_on)(void)) {
  struct epoll_event events[EVENTS];
  while (go_on()) {
    const uint64_t now = now_ns();
    if (now >= until) return;
    const int count = epoll_wait(epoll, events, EVENTS, (int)((until - now) / 1000000) + 1);
    for (int i = 0; i < count; i++) {
      struct client *client = events[i].data.ptr;
      if (client == NULL) _exit(0); /* stdin has ended, so the parent process wants no more */
      if (client->stage == CONNECTING) send_request(client);
      else if (events[i].events & ~(uint32_t)EPOLLOUT) read_client(client);
      else flush(client);
    }
  }
}

static bool always(void) {
  return true;
}

static bool some_are_opening(void) {
  return open_count < options.connections;
}

static bool some_wait_for_echo(void) {
  return messages < (uint64_t)options.connections;
}

static uint64_t after(double seconds) {
  return now_ns() + (uint64_t)(seconds * 1e9);
}

static void choose_mode(void) {
  static const char *const names[] = {[ECHO] = "echo", [BROADCAST] = "broadcast", [HANDSHAKE] = "handshake", [VISIT] = "visit", [IDLE] = "idle"};
  for (int i = 0; i < 5; i++) {
    if (strcmp(options.mode, names[i]) != 0) continue;
    mode = i;
    cycles = mode == HANDSHAKE || mode == VISIT;
    return;
  }
  fail("unknown mode %s", options.mode);
}

static void open_all(void) {
  clients = allocate((size_t)options.connections * sizeof *clients);
  uint64_t *shared = allocate((size_t)options.in_flight * sizeof *shared);
  for (int i = 0; i < options.connections; i++) {
    clients[i].head = allocate(HEAD);
    clients[i].sent_at = mode == ECHO ? allocate((size_t)options.in_flight * sizeof *shared) : shared;
  }
  const int at_once = cycles || options.connections < PENDING ? options.connections : PENDING;
  while (started < at_once) connect_client(&clients[started++]);
  if (cycles) return;
  run(after(OPENING_TIMEOUT), some_are_opening);
  if (some_are_opening()) fail("%d of %d connections could be opened", open_count, options.connections);
}

/* Sends one message on each connection, and waits for all echoes. */
static void use_all(void) {
  for (int i = 0; i < options.connections; i++) send_messages(&clients[i], 0, 1);
  run(after(OPENING_TIMEOUT), some_wait_for_echo);
  if (some_wait_for_echo()) fail("%llu of %d echoes came", (unsigned long long)messages, options.connections);
}

/* Reports that every connection is open, and keeps them open. */
static _Noreturn void stay(void) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0) fail("stdin must be a pipe");
  printf("{\"open\":%d}\n", open_count);
  fflush(stdout);
  for (;;) run(after(3600), always);
}

void run_clients(void) {
  epoll = epoll_create1(EPOLL_CLOEXEC);
  choose_mode();
  prepare_frames();
  open_all();
  if (mode == IDLE) {
    if (options.size > 0) use_all();
    stay();
  }
  if (mode == ECHO) {
    for (int i = 0; i < options.connections; i++) send_messages(&clients[i], 0, (uint64_t)options.in_flight);
  }
  if (mode == BROADCAST) publish();

  run(after(options.warm_up), always);
  measuring = true;
  const uint64_t messages_before = messages, errors_before = errors;
  const struct usage before = take_usage(options.pid);
  run(after(options.duration), always);
  const struct usage now = take_usage(options.pid);
  if (messages == messages_before) fail("no message came back");
  report(before, now, messages - messages_before, errors - errors_before);
}
