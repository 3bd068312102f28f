import { afterEach, describe, expect, test, vi } from 'vitest';
import { proxyFromEnvironment } from '../../../src/client/proxy/environment.js';
import { parseWebSocketUrl } from '../../../src/client/url.js';
import { connect } from '../../../src/index.js';
import { httpProxy } from '../../helpers/proxy-servers.js';

/** Returns the proxy for a URL, or undefined. */
const proxyFor = (url: string, environment: Record<string, string>) =>
  proxyFromEnvironment(parseWebSocketUrl(url), environment)?.name;

afterEach(() => vi.unstubAllEnvs());

describe('the environment', () => {
  test.each([
    ['wss://a.test/', { https_proxy: 'http://p:1' }, 'http://p:1'],
    ['wss://a.test/', { HTTPS_PROXY: 'http://p:1' }, 'http://p:1'],
    ['ws://a.test/', { http_proxy: 'http://p:1' }, 'http://p:1'],
    ['ws://a.test/', { HTTP_PROXY: 'http://p:1' }, 'http://p:1'],
    ['ws://a.test/', { ALL_PROXY: 'socks5h://p:1' }, 'socks5h://p:1'],
    ['wss://a.test/', { all_proxy: 'http://p:1', HTTPS_PROXY: 'http://q:2' }, 'http://q:2'],
    ['wss://a.test/', { https_proxy: 'http://p:1', HTTPS_PROXY: 'http://q:2' }, 'http://p:1'],
    ['wss://a.test/', { https_proxy: 'p:1' }, 'http://p:1'],
    ['wss://a.test/', { https_proxy: ' ', all_proxy: '' }, undefined],
    ['ws://a.test/', { https_proxy: 'http://p:1' }, undefined],
    ['wss://127.a.test/', { all_proxy: 'http://p:1' }, 'http://p:1'],
    ['wss://a.test/', {}, undefined],
    // httpoxy
    ['ws://a.test/', { HTTP_PROXY: 'http://p:1', REQUEST_METHOD: 'GET' }, undefined],
    ['ws+unix:/a.sock', { all_proxy: 'http://p:1' }, undefined],
    ['ws://localhost/', { all_proxy: 'http://p:1' }, undefined],
    ['ws://app.localhost/', { all_proxy: 'http://p:1' }, undefined],
    ['ws://127.1.2.3/', { all_proxy: 'http://p:1' }, undefined],
    ['ws://[::1]/', { all_proxy: 'http://p:1' }, undefined],
  ])('%s with %o: %s', (url, environment, proxy) => {
    expect(proxyFor(url, environment as Record<string, string>)).toBe(proxy);
  });

  test.each([
    ['*', true],
    ['b.test', false],
    ['a.test', true],
    ['A.TEST.', true],
    ['.a.test', true],
    ['*.a.test', true],
    ['test', true],
    ['xa.test', false],
    ['b.test, a.test', true],
    ['b.test a.test', true],
    ['a.test:8443', true],
    ['a.test:443', false],
    ['', false],
  ])('no_proxy=%s excepts wss://a.test:8443: %s', (value, isExcepted) => {
    const proxy = proxyFor('wss://a.test:8443/', { all_proxy: 'http://p:1', no_proxy: value });
    expect(proxy).toBe(isExcepted ? undefined : 'http://p:1');
    expect(proxyFor('wss://sub.a.test:8443/', { all_proxy: 'http://p:1', NO_PROXY: value })).toBe(proxy);
  });

  test.each([
    ['ws://192.0.2.7/', '192.0.2.7', true],
    ['ws://192.0.2.7/', '192.0.2.0/24', true],
    ['ws://192.0.2.7/', '192.0.3.0/24', false],
    ['ws://192.0.2.7/', '192.0.2.0/33', false],
    ['ws://192.0.2.7/', '192.0.3.0/', false],
    ['ws://192.0.2.7/', '192.0.3.0/0x0', false],
    ['ws://192.0.2.7/', '0.0.0.0/0', true],
    ['ws://192.0.2.7/', '2.7', false],
    ['ws://192.0.2.7/', '2001:db8::/32', false],
    ['ws://[2001:db8::1]/', '2001:db8::/32', true],
    ['ws://[2001:db8::1]/', '[2001:db8::1]', true],
    ['ws://[2001:db8::1]:8080/', '[2001:db8::1]:8080', true],
    ['ws://[2001:db8::1]/', '2001:db9::/32', false],
  ])('%s with no_proxy=%s is excepted: %s', (url, value, isExcepted) => {
    const proxy = proxyFor(url, { all_proxy: 'http://p:1', no_proxy: value });
    expect(proxy).toBe(isExcepted ? undefined : 'http://p:1');
  });

  test('a wrong value names the variable, without its password', () => {
    expect(() => proxyFor('ws://a.test/', { HTTP_PROXY: 'ftp://ada:secret@p' })).toThrow(
      'the environment variable HTTP_PROXY must be a URL that starts with http://, https://, socks5://, socks5h:// or socks://, got "ftp://***@p"',
    );
  });

  test("proxy: 'env' reads it for each connection", async () => {
    const proxy = await httpProxy({ answer: 'HTTP/1.1 403 Forbidden\r\n\r\n' });
    vi.stubEnv('http_proxy', `http://127.0.0.1:${proxy.port}`);
    vi.stubEnv('no_proxy', '');
    const error = connect('ws://example.test/', { proxy: 'env' });
    await expect(error).rejects.toMatchObject({ phase: 'proxy', status: 403 });
  });
});
