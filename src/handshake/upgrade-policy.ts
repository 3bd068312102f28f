/** What a server requires of a request beyond the RFC: path, Origin and host. */
import { invalidType, invalidValue, rangeError } from '../errors.js';
import { checkOptionNames, type OptionNames } from '../option-names.js';
import { type HostCheck, hostCheck } from './allowed-hosts.js';
import { type OriginCheck, type OriginRule, originCheck } from './origin.js';
import { parseRequestTarget } from './request-target.js';

/** What a server requires of opening handshakes. */
export interface UpgradePolicyOptions {
  /** The only path that is served. By default all are. */
  readonly path?: string | undefined;
  /** The pages that may connect: see OriginRule. By default those of the host and port that they connect to. */
  readonly origins?: OriginRule | undefined;
  /** The hosts that a request may name: `host[:port]`, or `*.domain[:port]` for all below it. By default any. */
  readonly hosts?: readonly string[] | undefined;
}

export const UPGRADE_POLICY_OPTION_NAMES: OptionNames<UpgradePolicyOptions> = {
  path: true,
  origins: true,
  hosts: true,
};

/** The parameters and wildcards of common routers: `/:id`, `/[id]`, `/(.*)`, `/*`, `/{id}`. */
const ROUTE_PATTERN = /\/[:[(]|[*{}]/;

function checkPath(path: string): void {
  if (typeof path !== 'string') throw invalidType('path', 'a string', path);
  if (parseRequestTarget(path)?.path !== path || !path.startsWith('/')) {
    throw invalidValue('path', 'a path like `/chat`, without query and fragment', path);
  }
  if (ROUTE_PATTERN.test(path)) {
    throw rangeError(
      `path must be one literal path like \`/chat\`, got "${path}": patterns are not supported. For routes, use noServer and ` +
        'handleUpgrade(), or leave path out and check request.path in authorize()',
    );
  }
}

/** What a server requires of a request beyond the RFC, prepared once for all requests. */
export class UpgradePolicy {
  readonly path: string | undefined;
  readonly objectionToOrigin: OriginCheck;
  readonly objectionToHost: HostCheck;

  /**
   * @throws {TypeError} if an option is unknown, or of the wrong type
   * @throws {RangeError} if an option can never match
   */
  constructor(options: UpgradePolicyOptions = {}) {
    checkOptionNames(options, UPGRADE_POLICY_OPTION_NAMES);
    const { path, origins, hosts } = options;
    if (path !== undefined) checkPath(path);
    this.path = path;
    this.objectionToOrigin = originCheck(origins);
    this.objectionToHost = hostCheck(hosts);
  }
}
