import type { HeaderFields } from '../../index.js';
import type { Target } from './target.js';

/** What the tap changes in the head of a request. */
export interface HeadChanges {
  readonly target: Target;
  readonly headers: HeaderFields;
  readonly origin: string | undefined;
  /** The hosts that name the tap itself in the request, in lower case and without a port. */
  readonly ownHosts: readonly string[];
}

/** The head of a request to the target. */
export interface ChangedHead {
  /** In latin1. */
  readonly text: string;
  /** Whether it asks for another protocol. If not, its connection closes after the response. */
  readonly isUpgrade: boolean;
}

interface Line {
  readonly name: string;
  readonly text: string;
}

/**
 * Changes the head of a client's request so that the target accepts it: the path, Host, Origin, and the headers given.
 * All other lines stay as they are, byte for byte.
 *
 * @param head the head in latin1, with the empty line that ends it
 */
export function changeHead(head: string, { target, headers, origin, ownHosts }: HeadChanges): ChangedHead {
  const [first = '', ...rest] = head.match(/[^\n]*\n/g) ?? [];
  const blank = rest.pop() ?? '';
  let lines = rest.map((text): Line => ({ text, name: text.slice(0, Math.max(0, text.indexOf(':'))).toLowerCase() }));
  const sentValue = (name: string) =>
    lines
      .find(line => line.name === name)
      ?.text.slice(name.length + 1)
      .trim();
  const remove = (name: string) => {
    lines = lines.filter(line => line.name !== name.toLowerCase());
  };
  const replace = (name: string, value: string) => {
    lines = lines.map(line =>
      line.name === name ? { name, text: `${line.text.slice(0, name.length)}: ${value}\r\n` } : line,
    );
  };
  const add = (name: string, value: string) => lines.push({ name: name.toLowerCase(), text: `${name}: ${value}\r\n` });

  const isUpgrade = sentValue('upgrade') !== undefined;
  const [host, sentOrigin] = [sentValue('host'), sentValue('origin')];
  const { destination } = target;
  replace('host', destination.host);
  // A page that the tap itself delivered has the origin of the tap. Other sites must not appear as the target's own.
  const isOwn = host !== undefined && ownHosts.includes(host.toLowerCase().replace(/:\d+$/, ''));
  if (isOwn && sentOrigin?.replace(/^https?:\/\//, '') === host) {
    replace('origin', `${destination.secure ? 'https' : 'http'}://${destination.host}`);
  }
  if (origin !== undefined) {
    if (sentOrigin === undefined) add('Origin', origin);
    else replace('origin', origin);
  }
  if (target.authorization !== undefined && sentValue('authorization') === undefined) {
    add('Authorization', target.authorization);
  }
  if (!isUpgrade) {
    // The head of a second request would pass unchanged.
    remove('connection');
    add('Connection', 'close');
  }
  for (const [name] of headers) remove(name);
  for (const [name, value] of headers) add(name, value);
  return { text: withPath(first, target.path) + lines.map(({ text }) => text).join('') + blank, isUpgrade };
}

/** Replaces the target in a request line. An absolute URL becomes a path. */
function withPath(line: string, path: string | undefined): string {
  return line.replace(/^(\S+ )(?:https?:\/\/[^/? ]*)?(\/?\S*)( HTTP\/)/i, (_, method, own, version) => {
    return method + (path ?? (own === '' ? '/' : own)) + version;
  });
}
