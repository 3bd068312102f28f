/*
 * The server for a measured client: it echoes every message (serve-echo), or sends messages forever (serve-stream). It trusts its
  * client. A line "PID WARM-UP DURATION" on stdin asks for a report. It ends when stdin ends.
 */
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

enum { CHUNK = 1 << 18, HEAD = 4096, EVENTS = 64, BLOCK = 1 << 16 };

struct peer {
  int fd;
  bool open;
  bool waits_for_room;
  size_t head_size;
  struct parser parser;
  uint8_t *output; /* bytes [sent, filled) are to be sent */
  size_t sent, filled, room;
  char head[HEAD];
};

static int epoll, listener;
static bool streams;
static uint8_t chunk[CHUNK];

static uint8_t *block; /* consecutive frames, for a stream */
static size_t frame_size, block_size;

static uint64_t messages, stream_bytes;

/* The requested measurement lasts from `begin` to `end`, if they are not 0. */
static uint64_t begin, end;
static struct usage usage_before;
static uint64_t messages_before;

static void watch(struct peer *peer, int how, uint32_t what) {
  struct epoll_event event = {.events = what, .data.ptr = peer};
  if (epoll_ctl(epoll, how, peer->fd, &event) != 0) fail("epoll_ctl: %s", strerror(errno));
}

/* Returns a place with room for `size` bytes of output. */
static uint8_t *reserve(struct peer *peer, size_t size) {
  if (peer->room - peer->filled < size) {
    peer->room = 2 * (peer->filled + size);
    peer->output = realloc(peer->output, peer->room);
    if (peer->output == NULL) fail("no memory for %zu bytes", peer->room);
  }
  return peer->output + peer->filled;
}

static void flush(struct peer *peer) {
  if (peer->filled > 0) {
    const ssize_t size = send(peer->fd, peer->output + peer->sent, peer->filled - peer->sent, MSG_NOSIGNAL);
    if (size < 0 && errno != EAGAIN) fail("send: %s", strerror(errno));
    if (size > 0) peer->sent += (size_t)size;
    if (peer->sent == peer->filled) peer->sent = peer->filled = 0;
  }
  const bool full = peer->filled > 0 || (streams && peer->open);
  if (full != peer->waits_for_room) watch(peer, EPOLL_CTL_MOD, full ? EPOLLIN | EPOLLOUT : EPOLLIN);
  peer->waits_for_room = full;
}

static void stream(struct peer *peer) {
  const ssize_t size = send(peer->fd, block + peer->sent, block_size - peer->sent, MSG_NOSIGNAL);
  if (size < 0 && errno == EAGAIN) return;
  if (size < 0) fail("send: %s", strerror(errno));
  peer->sent = (peer->sent + (size_t)size) % block_size;
  stream_bytes += (uint64_t)size;
  messages = stream_bytes / frame_size;
}

static void give_back(void *context, const struct parser *parser, const uint8_t *payload, size_t size, bool ended) {
  struct peer *peer = context;
  if (parser->opcode >= CLOSE) {
    if (parser->opcode == CLOSE) fail("the client closed");
    return;
  }
  uint8_t *to = reserve(peer, MAX_HEADER + size);
  if (parser->taken == 0) {
    const size_t header = write_header(to, (uint8_t)((parser->fin ? 0x80 : 0) | parser->opcode), parser->length, NULL);
    to += header;
    peer->filled += header;
  }
  /* If this part starts in the middle of a frame, the key must be rotated. */
  uint8_t key[4];
  for (int i = 0; i < 4; i++) key[i] = parser->masked ? parser->key[(parser->taken + (uint64_t)i) & 3] : 0;
  for (size_t i = 0; i < size; i++) to[i] = payload[i] ^ key[i & 3];
  peer->filled += size;
  if (ended && parser->fin) messages++;
}

static void take_head(struct peer *peer, const uint8_t *bytes, size_t size) {
  if (peer->head_size + size >= HEAD) fail("a request head of more than %d bytes", HEAD);
  memcpy(peer->head + peer->head_size, bytes, size);
  peer->head_size += size;
  peer->head[peer->head_size] = '\0';
  /* A client sends no frame before the response, so the head is all there is. */
  if (strstr(peer->head, "\r\n\r\n") == NULL) return;
  char response[256];
  if (!write_response(response, sizeof response, peer->head)) fail("a request without Sec-WebSocket-Key");
  if (send(peer->fd, response, strlen(response), MSG_NOSIGNAL) < 0) fail("send: %s", strerror(errno));
  peer->open = true;
  flush(peer);
}

static void read_peer(struct peer *peer) {
  const ssize_t size = recv(peer->fd, chunk, CHUNK, 0);
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0) fail("the client has ended");
  if (!peer->open) {
    take_head(peer, chunk, (size_t)size);
    return;
  }
  parse(&peer->parser, chunk, (size_t)size, give_back, peer);
  if (!streams) flush(peer);
}

static void accept_peer(void) {
  const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  const int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  struct peer *peer = allocate(sizeof *peer);
  peer->fd = fd;
  watch(peer, EPOLL_CTL_ADD, EPOLLIN);
}

static void take_line(void) {
  static char line[256];
  static size_t have;
  const ssize_t size = read(STDIN_FILENO, line + have, sizeof line - 1 - have);
  if (size <= 0) _exit(0);
  have += (size_t)size;
  line[have] = '\0';
  if (strchr(line, '\n') == NULL) return;
  int pid;
  double warm_up, duration;
  if (sscanf(line, "%d %lf %lf", &pid, &warm_up, &duration) != 3) fail("expected a line PID WARM-UP DURATION");
  have = 0;
  options.pid = pid;
  begin = now_ns() + (uint64_t)(warm_up * 1e9);
  end = begin + (uint64_t)(duration * 1e9);
  usage_before.at = 0;
}

/* Returns the milliseconds until the measurement begins or ends. Does what is due. */
static int keep_time(void) {
  if (end == 0) return -1;
  const uint64_t now = now_ns();
  if (usage_before.at == 0 && now >= begin) {
    usage_before = take_usage(options.pid);
    messages_before = messages;
  }
  if (now >= end) {
    if (messages == messages_before) fail("the client did nothing");
    report(usage_before, take_usage(options.pid), messages - messages_before, 0);
    end = 0;
    return -1;
  }
  return (int)(((now < begin ? begin : end) - now) / 1000000) + 1;
}

static void listen_for_clients(void) {
  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 511) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
    fail("cannot listen: %s", strerror(errno));
  }
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
}

static void prepare_block(void) {
  uint8_t header[MAX_HEADER];
  const size_t header_size = write_header(header, 0x80 | BINARY, options.size, NULL);
  const uint8_t *payload = load_payload();
  frame_size = header_size + options.size;
  const size_t copies = BLOCK / frame_size < 1 ? 1 : BLOCK / frame_size;
  block_size = copies * frame_size;
  block = allocate(block_size);
  for (size_t i = 0; i < copies; i++) {
    memcpy(block + i * frame_size, header, header_size);
    memcpy(block + i * frame_size + header_size, payload, options.size);
  }
}

void run_counterpart(void) {
  streams = strcmp(options.mode, "serve-stream") == 0;
  prepare_block();
  epoll = epoll_create1(EPOLL_CLOEXEC);
  listen_for_clients();
  struct epoll_event on_stdin = {.events = EPOLLIN, .data.ptr = NULL};
  struct epoll_event on_listener = {.events = EPOLLIN, .data.ptr = &listener};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &on_stdin) != 0) fail("stdin must be a pipe");
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &on_listener);
  for (;;) {
    struct epoll_event events[EVENTS];
    const int count = epoll_wait(epoll, events, EVENTS, keep_time());
    for (int i = 0; i < count; i++) {
      struct peer *peer = events[i].data.ptr;
      if (events[i].data.ptr == NULL) take_line();
      else if (events[i].data.ptr == &listener) accept_peer();
      else {
        if (events[i].events & ~(uint32_t)EPOLLOUT) read_peer(peer);
        if (events[i].events & EPOLLOUT && streams && peer->open) stream(peer);
        else if (events[i].events & EPOLLOUT) flush(peer);
      }
    }
  }
}
