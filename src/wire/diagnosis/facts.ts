import type { ViolationCode } from '../../errors.js';
import type { HeaderLine } from '../../handshake/header-fields.js';
import type { Side } from '../conversation.js';

/** What is known about an attempt to open a WebSocket connection. Each part may be missing. Times are in milliseconds. */
export interface Facts {
  /** The clock of this machine, in milliseconds since 1970. */
  readonly now?: number | undefined;
  readonly target?: TargetFacts | undefined;
  readonly resolution?: ResolutionFacts | undefined;
  /** The attempts to open TCP, one per address. */
  readonly addresses?: readonly AddressFacts[] | undefined;
  /** The other loopback address, if the port is open there and not at the addresses of the URL. */
  readonly listensAt?: string | undefined;
  readonly tls?: TlsFacts | undefined;
  readonly request?: SentRequest | undefined;
  /** The final response, if there was one. */
  readonly response?: ResponseFacts | undefined;
  /** Why there is no valid 101. */
  readonly failure?: FailureFacts | undefined;
  /** What happened after a valid 101. */
  readonly session?: SessionFacts | undefined;
  /** Further attempts, each with one change. */
  readonly retries?: readonly RetryFacts[] | undefined;
}

export interface TargetFacts {
  readonly href: string;
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** Path and query. */
  readonly path: string;
  /** The proxy that the connection goes through, without its password. */
  readonly proxy?: string | undefined;
}

export interface ResolutionFacts {
  readonly addresses: readonly string[];
  /** The error code of the lookup, such as `ENOTFOUND`, or `timeout`. */
  readonly code?: string | undefined;
  readonly time: number;
}

export interface AddressFacts {
  readonly address: string;
  readonly family: 4 | 6;
  /** `connected`, `timeout`, or the error code, such as `ECONNREFUSED`. */
  readonly outcome: string;
  readonly time: number;
}

export interface TlsFacts {
  readonly version?: string | undefined;
  readonly alpn?: string | undefined;
  /** How long the handshake took. */
  readonly time?: number | undefined;
  /** The error code of the handshake or of the verification, or `timeout`. */
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  /** The certificates that the server sent, its own first. */
  readonly chain: readonly CertificateFacts[];
  /** Why the name does not match, if it does not. */
  readonly nameFault?: string | undefined;
  /** Whether certificates of the user's own choice are trusted, instead of the default ones. */
  readonly hasOwnAuthorities?: boolean | undefined;
  /** Whether a client certificate was presented. */
  readonly hasClientCertificate?: boolean | undefined;
  /** Whether the handshake succeeds with one change. */
  readonly with?: { readonly h2?: boolean; readonly oldVersion?: string | undefined; readonly noName?: boolean };
}

export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  readonly validFrom: number;
  readonly validTo: number;
  /** The names and addresses it is for, such as `DNS:example.com`. */
  readonly names: readonly string[];
  /** Where the certificate of its issuer can be downloaded. Certificates of public authorities say so. */
  readonly issuerUrl?: string | undefined;
}

export interface SentRequest {
  readonly headers: readonly HeaderLine[];
}

export interface ResponseFacts {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly HeaderLine[];
  /** The start of the body as text, without content coding. */
  readonly body: string;
  /** From the request to the first byte, or to the end of a 101. */
  readonly time?: number | undefined;
}

/** How a peer stopped: it ended or reset TCP, or did nothing until the deadline. */
export type Stop = 'fin' | 'reset' | 'timeout';

export interface FailureFacts {
  readonly phase: 'dns' | 'connect' | 'proxy' | 'tls' | 'request' | 'response';
  readonly summary: string;
  readonly code?: string | undefined;
  readonly stop?: Stop | undefined;
  /** The first bytes received, if they are not an HTTP response. */
  readonly opening?: Uint8Array | undefined;
  readonly time?: number | undefined;
}

/** What the client does with an open connection. */
export type Step = 'listen' | 'ping' | 'message' | 'idle' | 'close';

export interface CloseFacts {
  /** Undefined for a Close frame without a code. */
  readonly code: number | undefined;
  readonly reason: string;
}

export interface SessionFacts {
  readonly subprotocol: string;
  /** How long the connection was open. */
  readonly openFor: number;
  /** The step during which the server, the network or a violation ended the connection. */
  readonly endedDuring?: Step | undefined;
  /** How long this step had lasted. */
  readonly endedAfter?: number | undefined;
  /** The Close frame of the server. */
  readonly serverClose?: CloseFacts | undefined;
  readonly clientClose?: CloseFacts | undefined;
  /** How TCP ended if there was no Close frame of the server. */
  readonly stop?: Stop | undefined;
  readonly violation?: ViolationFacts | undefined;
  /** Whether the last frame of the server is incomplete. */
  readonly isCutOff?: boolean | undefined;
  /** How many messages the server sent. */
  readonly messages: number;
  /** The time until the Pong; undefined if none came. Missing if no Ping was sent. */
  readonly ping?:
    | {
        readonly answered: number | undefined;
        /** Whether the Pong came only after our Close frame. */
        readonly cameWithClose: boolean;
        /** Whether a Pong with another payload came instead. */
        readonly isOther?: boolean | undefined;
      }
    | undefined;
  readonly message?:
    | { readonly size: number; readonly answered: number | undefined; readonly isEcho: boolean }
    | undefined;
  /** How long the connection was left idle, and was meant to be. */
  readonly idle?: { readonly asked: number; readonly lasted: number } | undefined;
  /** The time until the server's Close frame, after ours. */
  readonly closing?: { readonly answered: number | undefined; readonly ended: number | undefined } | undefined;
}

export interface ViolationFacts {
  readonly from: Side;
  readonly code: ViolationCode;
  readonly message: string;
  readonly section: string;
  /** The first bytes that the server sent after its 101. */
  readonly start: Uint8Array;
}

/** What one further attempt changes. */
export type Change =
  | 'again'
  | 'no-subprotocol'
  | 'subprotocol'
  | 'no-deflate'
  | 'no-origin'
  | 'own-origin'
  | 'slash'
  | 'path'
  | 'scheme'
  | 'host'
  | 'user-agent'
  | 'redirect'
  | 'insecure'
  | 'ipv4'
  | 'ipv6';

export interface RetryFacts {
  readonly change: Change;
  /** The new value, such as a path or a URL. */
  readonly value: string;
  readonly isOpen: boolean;
  readonly status?: number | undefined;
  /** The phase that failed: after `tls`, the server speaks TLS. */
  readonly phase?: FailureFacts['phase'] | undefined;
  readonly summary: string;
}
