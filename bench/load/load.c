/* The options of the load generator. It has one thread, uses epoll, and needs only libc. */
#define _GNU_SOURCE
#include "load.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct options options = {
  .mode = "echo", .connections = 1, .in_flight = 1, .size = 125, .warm_up = 0.3, .duration = 1,
};

_Noreturn void fail(const char *format, ...) {
  char reason[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, sizeof reason, format, arguments);
  va_end(arguments);
  /* The text may contain what a server sent, and becomes a JSON string. */
  for (char *at = reason; *at != '\0'; at++) {
    if (*at == '"' || *at == '\\' || (unsigned char)*at < ' ') *at = '\'';
  }
  printf("{\"error\":\"%s\"}\n", reason);
  exit(1);
}

void *allocate(size_t size) {
  void *memory = calloc(1, size);
  if (memory == NULL) fail("no memory for %zu bytes", size);
  return memory;
}

uint8_t *load_payload(void) {
  if (options.payload_file == NULL) {
    uint8_t *text = allocate(options.size + 1);
    for (size_t i = 0; i < options.size; i++) text[i] = (uint8_t) "The quick brown fox jumps over the lazy dog. "[i % 45];
    return text;
  }
  FILE *file = fopen(options.payload_file, "rb");
  if (file == NULL) fail("cannot read %s", options.payload_file);
  fseek(file, 0, SEEK_END);
  options.size = (size_t)ftell(file);
  rewind(file);
  uint8_t *bytes = allocate(options.size + 1);
  if (fread(bytes, 1, options.size, file) != options.size) fail("cannot read %s", options.payload_file);
  fclose(file);
  return bytes;
}

static void read_options(int count, char **arguments) {
  static const struct option names[] = {
    {"mode", required_argument, NULL, 'm'},       {"port", required_argument, NULL, 'p'},
    {"pid", required_argument, NULL, 'P'},        {"connections", required_argument, NULL, 'c'},
    {"in-flight", required_argument, NULL, 'f'},  {"size", required_argument, NULL, 's'},
    {"text", no_argument, NULL, 't'},             {"deflate", no_argument, NULL, 'z'},
    {"payload", required_argument, NULL, 'y'},    {"warm-up", required_argument, NULL, 'w'},
    {"duration", required_argument, NULL, 'd'},   {NULL, 0, NULL, 0},
  };
  for (int name; (name = getopt_long(count, arguments, "", names, NULL)) != -1;) {
    switch (name) {
      case 'm': options.mode = optarg; break;
      case 'p': options.port = atoi(optarg); break;
      case 'P': options.pid = atoi(optarg); break;
      case 'c': options.connections = atoi(optarg); break;
      case 'f': options.in_flight = atoi(optarg); break;
      case 's': options.size = (size_t)atol(optarg); break;
      case 't': options.text = true; break;
      case 'z': options.deflate = true; break;
      case 'y': options.payload_file = optarg; break;
      case 'w': options.warm_up = atof(optarg); break;
      case 'd': options.duration = atof(optarg); break;
      default: fail("unknown option");
    }
  }
}

int main(int count, char **arguments) {
  read_options(count, arguments);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if (strncmp(options.mode, "serve-", 6) == 0) run_counterpart();
  else run_clients();
  return 0;
}
