/** What a server asks of a request beyond the RFC: path, Origin and Host. */
import { invalidType, invalidValue } from '../errors.js';
import { checkOptionNames, type OptionNames } from '../option-names.js';
import { type HostJudge, hostJudge } from './allowed-hosts.js';
import { HEAD_LIMIT_NAMES, type HeadLimits } from './http1/head-reader.js';
import { type OriginJudge, type OriginRule, originJudge } from './origin.js';
import { parseRequestTarget } from './request-target.js';

export interface UpgradePolicyOptions {
  /** The only path that is served; by default all are. */
  readonly path?: string | undefined;
  /** The pages that may connect: see OriginRule. By default those of the host and port that they connect to. */
  readonly origins?: OriginRule;
  /** The hosts that a request may name: `host[:port]`, or `*.domain[:port]` for all below it. By default any. */
  readonly hosts?: readonly string[] | undefined;
}

/** What a server may be told of its opening handshakes. */
export interface ServerHandshakeOptions extends UpgradePolicyOptions, HeadLimits {}

export const SERVER_HANDSHAKE_OPTION_NAMES: OptionNames<ServerHandshakeOptions> = {
  path: true,
  origins: true,
  hosts: true,
  ...HEAD_LIMIT_NAMES,
};

/** What routers take for a parameter or a wildcard: `/:id`, `/[id]`, `/(.*)`, `/*`, `/{id}`. */
const ROUTE_PATTERN = /\/[:[(]|[*{}]/;

function checkPath(path: string): void {
  if (typeof path !== 'string') throw invalidType('path', 'a string', path);
  if (parseRequestTarget(path)?.path !== path || !path.startsWith('/')) {
    throw invalidValue('path', 'a path like `/chat`, without query and fragment', path);
  }
  if (ROUTE_PATTERN.test(path)) {
    const instead =
      'for routes use noServer and handleUpgrade(), or leave path out and look at request.path in authorize()';
    throw invalidValue('path', `one literal path like \`/chat\`, since patterns are not supported (${instead})`, path);
  }
}

/** What a server asks of a request beyond the RFC, made ready once for all requests. */
export class UpgradePolicy {
  readonly path: string | undefined;
  readonly objectionToOrigin: OriginJudge;
  readonly objectionToHost: HostJudge;

  /**
   * @param options those of ServerHandshake may be among them
   * @throws {TypeError} if an option is unknown, or of the wrong type
   * @throws {RangeError} if an option can never match
   */
  constructor(options: UpgradePolicyOptions = {}) {
    checkOptionNames(options, SERVER_HANDSHAKE_OPTION_NAMES);
    const { path, origins, hosts } = options;
    if (path !== undefined) checkPath(path);
    this.path = path;
    this.objectionToOrigin = originJudge(origins);
    this.objectionToHost = hostJudge(hosts);
  }
}
