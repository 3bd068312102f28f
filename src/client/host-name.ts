/** Returns the host name of a URL without the brackets of an IPv6 address, as Node takes it. */
export function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Returns `host:port`, with brackets around an IPv6 address. */
export function hostAndPort(hostname: string, port: number): string {
  return `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
}
