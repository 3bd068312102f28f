#include "load.h"

#include <string.h>

/* Returns the length of the header, as far as its first `have` bytes determine it. */
static uint8_t header_size(const uint8_t *header, uint8_t have) {
  if (have < 2) return 2;
  const uint8_t length = header[1] & 0x7f;
  return (uint8_t)(2 + (length == 127 ? 8 : length == 126 ? 2 : 0) + (header[1] & 0x80 ? 4 : 0));
}

static void read_header(struct parser *parser) {
  const uint8_t *header = parser->header;
  parser->fin = header[0] & 0x80;
  parser->rsv1 = header[0] & 0x40;
  parser->opcode = header[0] & 0x0f;
  parser->masked = header[1] & 0x80;
  parser->length = header[1] & 0x7f;
  if (header[0] & 0x30) fail("a frame with RSV2 or RSV3: 0x%02x", header[0]);
  const uint8_t bytes = parser->length == 127 ? 8 : parser->length == 126 ? 2 : 0;
  if (bytes > 0) parser->length = 0;
  for (uint8_t i = 0; i < bytes; i++) parser->length = parser->length << 8 | header[2 + i];
  if (parser->masked) memcpy(parser->key, header + 2 + bytes, 4);
  parser->taken = 0;
}

void parse(struct parser *parser, const uint8_t *bytes, size_t size, on_payload *callback, void *context) {
  const uint8_t *end = bytes + size;
  while (bytes < end) {
    if (!parser->in_payload) {
      parser->header[parser->have++] = *bytes++;
      if (parser->have < header_size(parser->header, parser->have)) continue;
      read_header(parser);
      parser->have = 0;
      parser->in_payload = true;
      if (parser->length > 0) continue;
    }
    const uint64_t left = parser->length - parser->taken;
    const size_t part = (size_t)(end - bytes) < left ? (size_t)(end - bytes) : (size_t)left;
    callback(context, parser, bytes, part, part == left);
    bytes += part;
    parser->taken += part;
    if (part == left) parser->in_payload = false;
  }
}

size_t write_header(uint8_t *to, uint8_t first, uint64_t length, const uint8_t *key) {
  const uint8_t mask = key == NULL ? 0 : 0x80;
  size_t size = 2;
  to[0] = first;
  if (length < 126) {
    to[1] = (uint8_t)(mask | length);
  } else {
    const int bytes = length < 65536 ? 2 : 8;
    to[1] = (uint8_t)(mask | (bytes == 2 ? 126 : 127));
    for (int i = bytes - 1; i >= 0; i--) to[size++] = (uint8_t)(length >> (8 * i));
  }
  if (key == NULL) return size;
  memcpy(to + size, key, 4);
  return size + 4;
}
