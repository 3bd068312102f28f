#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <string.h>

/* The key of RFC 6455 §1.3, and its accept value (§4.2.2). The constant key saves the load generator the hash. */
static const char KEY[] = "dGhlIHNhbXBsZSBub25jZQ==";
static const char ACCEPT[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

static const char GUID[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const char *request_head(void) {
  static char head[512];
  const char *extension = options.deflate
    ? "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
    : "";
  snprintf(head, sizeof head,
           "GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
           options.port, KEY, extension);
  return head;
}

bool accepts(const char *head) {
  if (strncmp(head, "HTTP/1.1 101 ", 13) != 0 || strstr(head, ACCEPT) == NULL) return false;
  if (options.deflate && strcasestr(head, "permessage-deflate") == NULL) fail("the server did not accept permessage-deflate");
  return true;
}

static uint32_t rotate(uint32_t word, int by) {
  return word << by | word >> (32 - by);
}

/* Computes SHA-1 of one block (FIPS 180-4 §6.1.2), and updates `state`. */
static void hash_block(uint32_t state[5], const uint8_t *block) {
  uint32_t w[80];
  for (int t = 0; t < 16; t++) {
    w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 | (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
  }
  for (int t = 16; t < 80; t++) w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for (int t = 0; t < 80; t++) {
    const uint32_t f = t < 20 ? (b & c) | (~b & d) : t >= 40 && t < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
    const uint32_t k = t < 20 ? 0x5a827999 : t < 40 ? 0x6ed9eba1 : t < 60 ? 0x8f1bbcdc : 0xca62c1d6;
    const uint32_t next = rotate(a, 5) + f + e + k + w[t];
    e = d, d = c, c = rotate(b, 30), b = a, a = next;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

/* Returns base64 of the SHA-1 of key and GUID: 60 bytes, which are two blocks with their padding. */
static void accept_of(const char *key, char to[29]) {
  uint8_t blocks[128] = {0};
  memcpy(blocks, key, 24);
  memcpy(blocks + 24, GUID, 36);
  blocks[60] = 0x80;
  blocks[126] = (60 * 8) >> 8, blocks[127] = (60 * 8) & 0xff;
  uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  hash_block(state, blocks);
  hash_block(state, blocks + 64);
  uint8_t hash[21] = {0};
  for (int i = 0; i < 20; i++) hash[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
  const char *alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int i = 0; i < 7; i++) {
    const uint32_t three = (uint32_t)hash[3 * i] << 16 | (uint32_t)hash[3 * i + 1] << 8 | hash[3 * i + 2];
    for (int j = 0; j < 4; j++) to[4 * i + j] = alphabet[three >> (18 - 6 * j) & 63];
  }
  to[27] = '=';
  to[28] = '\0';
}

bool write_response(char *to, size_t size, const char *request) {
  const char *key = strcasestr(request, "\r\nSec-WebSocket-Key:");
  if (key == NULL) return false;
  key += 20;
  while (*key == ' ') key++;
  if (strlen(key) < 24) return false;
  char accept[29];
  accept_of(key, accept);
  snprintf(to, size,
           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
  return true;
}
