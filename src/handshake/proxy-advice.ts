/** Advice on configuring a proxy, for the error messages of client and server. */

/**
 * RFC 9110 §7.8, §7.6.1: Upgrade needs HTTP/1.1 and is hop-by-hop: a proxy drops it unless configured to pass it on.
 */
export const PASS_ON_UPGRADE =
  'nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';

/** Origin is compared with Host, so a proxy must not replace Host. `$http_host` keeps the port, which `$host` drops. */
export const PASS_ON_HOST = 'nginx: proxy_set_header Host $http_host;';
